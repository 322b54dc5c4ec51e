package import Hiredis
package import SluiceCore

extension Store {
    /// The server, or the nodes of the cluster, with the version of the library on each. A node that does not answer within
    /// `patience` has an obstacle.
    /// - Throws: an error if no node of the cluster can be asked for the others.
    package func nodes(patience: Duration = .seconds(2)) async throws(SluiceError) -> [StoreNode] {
        let found: [ClusterNode]
        do {
            found = try await router.nodes()
        } catch {
            throw SluiceError(error)
        }
        return await withTaskGroup(of: (Int, StoreNode).self) { group in
            for (index, node) in found.enumerated() {
                group.addTask { (index, await self.examined(node, patience)) }
            }
            var nodes: [(Int, StoreNode)] = []
            for await node in group { nodes.append(node) }
            return nodes.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func examined(_ node: ClusterNode, _ patience: Duration) async -> StoreNode {
        var result = StoreNode(endpoint: node.endpoint, role: node.role, health: node.health, slots: node.slots)
        do throws(SluiceError) {
            let version: RedisCommand = ["FCALL_RO", "sluice_version", "0"]
            let place = router.isCluster ? node.endpoint : nil
            result.library = LibraryVersion(try await send(version, node: place, timeout: patience).root)
        } catch {
            if !RedisServerError.isMissingFunction(error.message) { result.obstacle = error.message }
        }
        return result
    }

    /// The server, or the primaries of the cluster.
    package func primaries() async throws(SluiceError) -> [RedisEndpoint?] {
        guard router.isCluster else { return [nil] }
        do {
            return try await router.primaries()
        } catch {
            throw SluiceError(error)
        }
    }

    /// The server that holds a queue now.
    package func endpoint(of queue: QueueName) async throws(SluiceError) -> RedisEndpoint? {
        try await endpoint(ofKey: keys.base(queue.validated()))
    }

    /// The node of a cluster that holds a key now; nil for a single server.
    func endpoint(ofKey key: String) async throws(SluiceError) -> RedisEndpoint? {
        guard router.isCluster else { return nil }
        do {
            return try await router.node(forKey: key)
        } catch {
            throw SluiceError(error)
        }
    }

    /// The node of a cluster that holds a queue, as far as that is known; nil for a single server. It does not wait.
    func knownEndpoint(of queue: QueueName) -> RedisEndpoint? { router.knownNode(forKey: keys.base(queue)) }

    /// The address of the server that holds a queue now.
    package func node(of queue: QueueName) async throws(SluiceError) -> String {
        if let endpoint = try await endpoint(of: queue) { return endpoint.description }
        do {
            return try await router.node(forKey: keys.base(queue)).description
        } catch {
            throw SluiceError(error)
        }
    }

    /// Does something on each primary, also on the rest if one fails.
    func onEachPrimary(_ body: (RedisEndpoint?) async throws(SluiceError) -> Void) async throws(SluiceError) {
        var first: SluiceError?
        for node in try await primaries() {
            do throws(SluiceError) {
                try await body(node)
            } catch {
                first = first ?? error
            }
        }
        if let first { throw first }
    }
}
