package import Hiredis

/// A server that a store speaks to: the only one, or a node of a cluster.
package struct StoreNode: Sendable, Hashable {
    package var endpoint: RedisEndpoint
    package var role: ClusterNode.Role
    package var health: ClusterNode.Health
    /// The slots that a primary serves; all for a single server.
    package var slots: [ClosedRange<Int>]
    /// The library of any protocol; nil if there is none, or the node could not be asked.
    package var library: LibraryVersion?
    /// The reason why the node could not be asked, in one line.
    package var obstacle: String?

    /// The host and port, or the path.
    package var address: String { endpoint.description }
}
