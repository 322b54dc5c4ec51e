extension EmbeddedCluster {
    package enum Status: Sendable, Equatable {
        /// No node runs, or there never was a cluster.
        case notRunning
        case running([Node])

        /// Whether all nodes run, and find the cluster whole.
        package var isWhole: Bool {
            guard case .running(let nodes) = self else { return false }
            return nodes.allSatisfy { $0.state == .ok }
        }
    }

    /// A node, as it tells of itself.
    package struct Node: Sendable, Equatable {
        package enum State: String, Sendable {
            /// It runs and finds the cluster whole.
            case ok
            /// It runs, but some slots have no primary that answers.
            case incomplete
            /// It runs, but does not answer.
            case silent
            case down
        }

        /// `host:port`.
        package var address: String
        package var state: State
        /// Nil for a node that does not answer.
        package var role: ClusterView.Role?
        /// Ranges of the slots that it serves.
        package var slots: [String] = []
        /// The address of a replica's primary.
        package var primary: String?
        /// Zero when unknown.
        package var processID: Int32 = 0
    }

    /// Asks each node, and starts none.
    package func status() async throws -> Status {
        guard let plan = try readPlan() else { return .notRunning }
        var nodes: [Node] = []
        for (node, server) in zip(plan.nodes, servers(of: plan)) {
            nodes.append(try await Self.node(ClusterPlan.address(node.port), server))
        }
        return nodes.allSatisfy { $0.state == .down } ? .notRunning : .running(nodes)
    }

    private static func node(_ address: String, _ server: EmbeddedRedis) async throws -> Node {
        let details: EmbeddedRedis.Details
        switch try await server.status() {
        case .notRunning: return Node(address: address, state: .down)
        case .silent(let process): return Node(address: address, state: .silent, processID: process)
        case .running(let found): details = found
        }
        guard let view = try await server.probe.clusterView(), let own = view.nodes.first(where: \.isSelf) else {
            return Node(address: address, state: .silent, processID: details.processID)
        }
        return Node(
            address: address, state: view.isWhole ? .ok : .incomplete, role: own.role, slots: own.slots,
            primary: own.primary.flatMap { id in view.nodes.first { $0.id == id }?.address }, processID: details.processID)
    }
}
