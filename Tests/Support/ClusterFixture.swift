import Foundation
package import Hiredis
package import SluiceCore
import SluiceEmbedded
import Subprocess
import SystemPackage

/// A cluster of a test's own, to be broken: nodes are killed, frozen and demoted, and slots move.
///
/// A node is named by its address, `127.0.0.1:PORT`, which it keeps through restarts and changes of its role.
package final class ClusterFixture: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// What clients connect to.
    package let url: String
    package let password: String
    /// All nodes; those that began as primaries first.
    package let addresses: [String]
    let cluster: PrivateCluster
    private let clients: [String: RedisClient]

    package init(primaries: Int = 3, replicas: Int = 3, configuration: [String] = []) async throws {
        var options = PrivateCluster.Options()
        options.primaries = primaries
        options.replicas = replicas
        options.appendOnly = true
        options.configuration = configuration
        cluster = try await PrivateCluster(options)
        url = cluster.url
        password = cluster.password
        addresses = cluster.nodes.compactMap(\.address)
        var clients: [String: RedisClient] = [:]
        for address in addresses {
            clients[address] = RedisClient(try RedisConfiguration(url: "redis://:\(cluster.password)@\(address)"))
        }
        self.clients = clients
    }

    // MARK: Nodes

    /// Kills a node as a power cut would, and returns when it is gone.
    package func kill(_ address: String) async throws { try await server(address).kill() }

    /// Freezes a node: its connections stay open, and nothing answers.
    package func freeze(_ address: String) async throws { try await server(address).suspend() }

    /// Lets a frozen node go on.
    package func thaw(_ address: String) async throws { try await server(address).resume() }

    /// Starts a dead node again with its data, or stops and starts one that lives.
    package func restart(_ address: String) async throws { try await server(address).restart() }

    /// Waits until all nodes are there, the cluster is whole, and each replica follows its primary.
    package func waitUntilWhole() async throws { try await cluster.waitUntilWhole() }

    /// Sends a command to a node.
    @discardableResult
    package func send(_ words: [String], to address: String) async throws -> RedisReply {
        guard let client = clients[address] else { throw Failure(description: "\(address) is no node of this cluster") }
        return try await client.send(RedisCommand(words))
    }

    // MARK: Roles

    /// The primary that serves a queue, as the nodes that answer see it.
    package func primary(of queue: QueueName, in namespace: Namespace = .standard) async throws -> String {
        try await primary(of: try await slot(of: "\(namespace):{\(queue)}"))
    }

    package func primary(of slot: Int) async throws -> String {
        guard let node = try await view().nodes.first(where: { $0.owns(slot) }) else {
            throw Failure(description: "no primary serves slot \(slot)")
        }
        return node.address
    }

    /// The slot of a key.
    package func slot(of key: String) async throws -> Int {
        for address in addresses {
            if let slot = try? await send(["CLUSTER", "KEYSLOT", key], to: address).root.integer { return slot }
        }
        throw Failure(description: "no node answers")
    }

    package func primaries() async throws -> [String] {
        try await view().nodes.filter { $0.role == .primary && !$0.hasFailed }.map(\.address)
    }

    package func replicas(of primary: String) async throws -> [String] {
        let nodes = try await view().nodes
        guard let id = nodes.first(where: { $0.address == primary })?.id else { return [] }
        return nodes.filter { $0.primary == id && !$0.hasFailed }.map(\.address)
    }

    /// Waits until another node serves the slot.
    /// - Returns: Its address.
    package func successor(of address: String, for slot: Int, within limit: Duration = .seconds(60)) async throws -> String {
        try await poll("no replica took the place of \(address)", within: limit) {
            guard let node = try await self.view(besides: address).nodes.first(where: { $0.owns(slot) && !$0.hasFailed }),
                node.address != address
            else { return nil }
            return node.address
        }
    }

    /// Demotes a primary by hand (`CLUSTER FAILOVER` on its replica): writes pause until the replica has all data.
    /// - Returns: The new primary.
    @discardableResult
    package func failover(of primary: String, _ option: String? = nil) async throws -> String {
        guard let replica = try await replicas(of: primary).first else {
            throw Failure(description: "\(primary) has no replica that lives")
        }
        try await send(["CLUSTER", "FAILOVER"] + (option.map { [$0] } ?? []), to: replica)
        return try await poll("\(replica) did not become a primary", within: .seconds(60)) {
            let role = try await self.send(["ROLE"], to: replica).root[0].string
            return role == "master" ? replica : nil
        }
    }

    /// What the nodes tell of the cluster: the first that answers, and is not frozen or dead.
    func view(besides left: String? = nil) async throws -> ClusterView {
        for node in cluster.nodes where node.address != left {
            if await node.processID != nil, let view = try await cluster.view(from: node) { return view }
        }
        throw Failure(description: "no node answers")
    }

    private func server(_ address: String) throws -> PrivateRedis {
        guard let server = cluster.node(at: address) else {
            throw Failure(description: "\(address) is no node of this cluster")
        }
        return server
    }

    /// Asks every 10 ms: elections and moves of slots offer no event to wait for.
    func poll<Value>(
        _ complaint: String, within limit: Duration, _ find: () async throws -> Value?
    ) async throws -> Value {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let value = try await find() { return value }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Failure(description: "\(complaint) within \(limit)")
    }
}

extension ClusterView.Node {
    func owns(_ slot: Int) -> Bool {
        slots.contains { range in
            let ends = range.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last else { return false }
            return (first...last).contains(slot)
        }
    }
}
