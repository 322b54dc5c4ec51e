/// What a node of a cluster tells of the cluster: the replies to `CLUSTER INFO` and `CLUSTER NODES`.
package struct ClusterView: Sendable, Equatable {
    package enum Role: String, Sendable {
        case primary, replica
    }

    package struct Node: Sendable, Equatable {
        package var id: String
        /// `host:port`.
        package var address: String
        package var role: Role
        /// The id of a replica's primary.
        package var primary: String?
        /// Ranges such as `0-5460`.
        package var slots: [String]
        /// Slots on their way, as the node itself tells: `[93->-id]` to another node, `[93-<-id]` from one.
        package var moving: [String]
        /// Whether it is the node that was asked.
        package var isSelf: Bool
        /// Whether the others took it for dead.
        package var hasFailed: Bool

        package var slotCount: Int {
            slots.reduce(0) { sum, range in
                let ends = range.split(separator: "-").compactMap { Int($0) }
                guard let first = ends.first, let last = ends.last else { return sum }
                return sum + last - first + 1
            }
        }
    }

    /// Whether `cluster_state` is `ok`.
    package var isWhole: Bool
    package var nodes: [Node]

    init(info: String, nodes text: String) {
        isWhole = info.split(whereSeparator: \.isNewline).contains("cluster_state:ok")
        nodes = text.split(whereSeparator: \.isNewline).compactMap { Node(line: $0) }
    }
}

extension ClusterView.Node {
    /// `id host:port@bus[,name] flags primary ping-sent pong-received epoch link slots…`
    init?(line: Substring) {
        let words = line.split(separator: " ").map { String($0) }
        guard words.count >= 8, let address = words[1].split(separator: "@").first else { return nil }
        let flags = words[2].split(separator: ",")
        id = words[0]
        self.address = String(address)
        role = flags.contains("slave") ? .replica : .primary
        primary = words[3] == "-" ? nil : words[3]
        slots = words[8...].filter { !$0.hasPrefix("[") }
        moving = words[8...].filter { $0.hasPrefix("[") }
        isSelf = flags.contains("myself")
        hasFailed = flags.contains("fail")
    }
}

extension RedisProbe {
    /// Asks a node for its view; nil if it does not answer, or is no node of a cluster.
    func clusterView() async throws -> ClusterView? {
        guard case .reply(let info) = try await ask("CLUSTER INFO"), info.contains("cluster_state"),
            case .reply(let nodes) = try await ask("CLUSTER NODES")
        else { return nil }
        return ClusterView(info: info, nodes: nodes)
    }

    /// Whether a node finds its cluster whole, and, if it is a replica, follows its primary.
    func isInService() async throws -> Bool {
        guard let view = try await clusterView(), view.isWhole, !view.nodes.contains(where: \.hasFailed) else { return false }
        guard view.nodes.first(where: \.isSelf)?.role == .replica else { return true }
        guard case .reply(let text) = try await ask("INFO replication") else { return false }
        return text.contains("master_link_status:up")
    }
}
