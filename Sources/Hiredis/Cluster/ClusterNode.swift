/// A server of a cluster, as the cluster describes it.
package struct ClusterNode: Hashable, Sendable {
    package enum Role: String, Sendable {
        case primary, replica
    }

    package enum Health: String, Sendable {
        case online
        /// It does not serve yet: it loads its data.
        case loading
        /// The other nodes hold it to be dead.
        case failed
    }

    /// The node's name in the cluster, 40 hexadecimal digits; empty if it is not known.
    package var id: String
    /// The address that clients use: the announced host name if there is one, else the announced address.
    package var endpoint: RedisEndpoint
    package var role: Role
    package var health: Health
    /// The slots that a primary serves, in order; none for a replica.
    package var slots: [ClosedRange<Int>]
    /// The id of the primary that a replica copies, if that is known.
    package var primaryID: String?
    /// Other addresses by which the cluster may mean this node: a redirect can name the address where the map has the host name.
    var aliases: Set<RedisEndpoint> = []

    package init(
        id: String, endpoint: RedisEndpoint, role: Role, health: Health = .online, slots: [ClosedRange<Int>] = [],
        primaryID: String? = nil
    ) {
        self.id = id
        self.endpoint = endpoint
        self.role = role
        self.health = health
        self.slots = slots
        self.primaryID = primaryID
    }

    /// The slots as people write them: `0-5460, 7000`.
    package static func text(of slots: [ClosedRange<Int>]) -> String {
        slots.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ", ")
    }
}
