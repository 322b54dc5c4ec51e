import Foundation

/// A throwaway Redis Cluster on ports of 127.0.0.1. Like ``PrivateRedis`` it cannot outlive the process that started it.
package final class PrivateCluster: Sendable {
    /// Settings of a throwaway cluster.
    package struct Options: Sendable {
        package var primaries = 3
        package var replicas = 3
        /// Whether data survives the end of a node (append-only file, synced every second).
        package var appendOnly = false
        /// Additional lines of each node's `redis.conf`, after our own.
        package var configuration: [String] = []
        /// The search path for the server; `PATH` when nil.
        package var searchPath: String?

        package init() {}
    }

    /// The nodes: those that began as primaries first.
    package let nodes: [PrivateRedis]
    /// How many nodes began as primaries.
    package let primaries: Int
    /// What clients connect to; it holds the password.
    package let url: String
    package let password: String

    /// Starts a cluster and waits until all its nodes serve commands.
    ///
    /// - Throws: `EmbeddedRedisError` if no suitable server is installed, a node ended at its start, or the cluster does not form.
    package init(_ options: Options = Options()) async throws {
        let plan = try ClusterPlan(primaries: options.primaries, replicas: options.replicas)
        primaries = plan.primaries
        password = plan.password
        url = plan.url
        nodes = try await withThrowingTaskGroup(of: (Int, PrivateRedis).self) { group in
            for index in plan.nodes.indices {
                group.addTask { (index, try await Self.node(index, of: plan, options)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
        try await waitUntilWhole()
    }

    private static func node(_ index: Int, of plan: ClusterPlan, _ options: Options) async throws -> PrivateRedis {
        let directory = try PrivateRedis.makeDirectory()
        var settings = PrivateRedis.Options()
        settings.directory = directory
        settings.appendOnly = options.appendOnly
        settings.searchPath = options.searchPath
        settings.port = plan.nodes[index].port
        settings.password = plan.password
        // Tests move slots and kill nodes: a replica stays with its primary.
        settings.configuration =
            plan.configuration(of: index) + ["cluster-allow-replica-migration no"] + options.configuration
        do {
            try Data(plan.nodesFile(of: index).utf8).write(to: URL(fileURLWithPath: directory + "/nodes.conf"))
        } catch {
            try? FileManager.default.removeItem(atPath: directory)
            throw error
        }
        return try await PrivateRedis(settings)
    }

    /// Waits until every node finds the cluster whole, and every replica follows its primary.
    /// - Throws: `EmbeddedRedisError.system` after 30 s.
    package func waitUntilWhole() async throws {
        let isWhole = try await Polling.wait(upTo: .seconds(30), every: .milliseconds(20)) {
            for node in nodes where try await !node.probe.isInService() { return false }
            return true
        }
        guard isWhole else {
            throw EmbeddedRedisError.system("the private cluster of \(nodes.count) nodes did not form within 30 s")
        }
    }

    /// What a node tells of the cluster; nil if it does not answer.
    package func view(from node: PrivateRedis) async throws -> ClusterView? { try await node.probe.clusterView() }

    /// What the first node that answers tells of the cluster.
    package func view() async throws -> ClusterView? {
        for node in nodes where await node.processID != nil {
            if let view = try await self.view(from: node) { return view }
        }
        return nil
    }

    /// Waits until a replica has all that this primary had when it was asked.
    /// - Throws: `EmbeddedRedisError.system` after 30 s, or for a node that does not answer.
    package func waitUntilReplicated(_ primary: PrivateRedis) async throws {
        guard let offset = try await Self.number("master_repl_offset", of: primary), let address = primary.address,
            let view = try await view(from: primary), let id = view.nodes.first(where: { $0.address == address })?.id
        else { throw EmbeddedRedisError.system("a primary of the private cluster does not answer") }
        let replicas = view.nodes.filter { $0.primary == id }.compactMap { node(at: $0.address) }
        let isThere = try await Polling.wait(upTo: .seconds(30)) {
            for replica in replicas {
                if let reached = try await Self.number("slave_repl_offset", of: replica), reached >= offset { return true }
            }
            return false
        }
        guard isThere else { throw EmbeddedRedisError.system("no replica of \(address) keeps up with it") }
    }

    private static func number(_ field: String, of node: PrivateRedis) async throws -> Int? {
        guard case .reply(let text) = try await node.probe.ask("INFO replication") else { return nil }
        return text.split(whereSeparator: \.isNewline).first { $0.hasPrefix(field + ":") }
            .flatMap { Int($0.dropFirst(field.count + 1)) }
    }

    /// The node with this address.
    package func node(at address: String) -> PrivateRedis? { nodes.first { $0.address == address } }
}
