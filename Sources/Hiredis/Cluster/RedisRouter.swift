package import Logging
package import NIOCore
import NIOPosix

/// Calls to the servers of a configuration: one server (or a Sentinel's primary), or the primaries of a cluster, by the slot of
/// the call's key.
///
/// With one server it is a `RedisClient`, and no slot is computed. In a cluster it has one for each primary that gets calls.
/// A command is executed at most once. An answer that says that it was not executed, such as `MOVED` or `CLUSTERDOWN`, is waited
/// out with backoff, and the command repeated until its timeout; then the last error is thrown. `ASK` is never followed: a
/// function would find its queue empty on a node that the slot has not reached yet. `CallRule` has the rule of each error.
package final class RedisRouter: Sendable {
    private enum Target: Sendable {
        case server(RedisClient)
        case cluster(ClusterCalls)
    }

    private let configuration: RedisConfiguration
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let target: Target

    /// - Parameter check: Runs on each new connection to a server that gets calls, before its use. It does not run on connections
    ///   to replicas, on those that only ask for the map of a cluster, and on blocking ones.
    package init(
        _ configuration: RedisConfiguration,
        eventLoop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next(),
        logger: Logger = Logger(label: "sluice.redis"),
        onConnect check: RedisClient.ConnectionCheck? = nil
    ) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.logger = logger
        target =
            switch configuration.topology {
            case .server, .sentinel:
                .server(RedisClient(configuration, eventLoop: eventLoop, logger: logger, onConnect: check))
            case .cluster(let seeds):
                .cluster(ClusterCalls(configuration, seeds: seeds, eventLoop: eventLoop, logger: logger, check: check))
            }
    }

    package var isCluster: Bool {
        switch target {
        case .server: false
        case .cluster: true
        }
    }

    /// The number of connections made so far to all servers, without blocking ones.
    package var connections: Int {
        switch target {
        case .server(let client): client.connections
        case .cluster(let calls): calls.connections
        }
    }

    // MARK: Calls

    /// Sends a command to the server of the key and waits for its reply; `timeout` replaces the configuration's `commandTimeout`
    /// and covers all repetitions, of which the last has at least a second. Cancelling the task has no effect.
    /// - Throws: As `RedisClient.send`; `unreachable` also if no node of a cluster answers, or none serves the slot.
    package func send(_ command: RedisCommand, key: String, timeout: Duration? = nil) async throws(RedisError) -> RedisReply {
        switch target {
        case .server(let client): try await client.send(command, timeout: timeout)
        case .cluster(let calls): try await calls.send(command, slot: HashSlot.of(key), timeout: timeout)
        }
    }

    /// Sends a command to the server of the key. `completion` is called once: on the event loop, where it must not block, or at
    /// once on this thread if the command cannot be sent.
    package func send(
        _ command: RedisCommand, key: String, timeout: Duration?,
        completion: @escaping @Sendable (Result<RedisReply, RedisError>) -> Void
    ) {
        switch target {
        case .server(let client): client.send(command, timeout: timeout, completion: completion)
        case .cluster(let calls): calls.send(command, slot: HashSlot.of(key), timeout: timeout, completion: completion)
        }
    }

    /// Sends a command to a node, whatever its role. With nil it goes to the server, or to any primary of a cluster.
    ///
    /// What a given node answers is the answer: nothing is repeated.
    package func send(
        _ command: RedisCommand, node: RedisEndpoint?, timeout: Duration? = nil
    ) async throws(RedisError) -> RedisReply {
        switch (target, node) {
        case (.server(let client), _): try await client.send(command, timeout: timeout)
        case (.cluster(let calls), let node?): try await calls.send(command, node: node, timeout: timeout)
        case (.cluster(let calls), nil): try await calls.sendAnywhere(command, timeout: timeout)
        }
    }

    /// Sends commands in one flush for each server, and waits for all results, in the order of the commands.
    ///
    /// Commands of one key are executed in their order, unless the cluster starts to serve the slot between two of them: then the
    /// first of them is repeated after the second.
    /// - Throws: Only if none of them was sent. Each result holds the error of its own command.
    package func pipeline(
        _ commands: [(command: RedisCommand, key: String)]
    ) async throws(RedisError) -> [Result<RedisReply, RedisError>] {
        switch target {
        case .server(let client): try await client.pipeline(commands.map(\.command))
        case .cluster(let calls): try await calls.pipeline(commands)
        }
    }

    /// Sends commands to the server of the key over one connection, without others between them, and waits for all results.
    ///
    /// The first command decides: if it was not executed, all are repeated together.
    /// - Parameter timeout: the limit for all, repetitions included, in place of the configuration's `commandTimeout`.
    /// - Throws: Only if none of them was sent. Each result holds the error of its own command.
    package func pipeline(
        together commands: [RedisCommand], key: String, timeout: Duration? = nil
    ) async throws(RedisError) -> [Result<RedisReply, RedisError>] {
        switch target {
        case .server(let client): try await client.pipeline(commands, timeout: timeout)
        case .cluster(let calls): try await calls.pipeline(together: commands, slot: HashSlot.of(key), timeout: timeout)
        }
    }

    /// A connection of its own for blocking commands on keys of that key's slot. It connects at the first use, follows the slot
    /// when it moves, and is closed by the caller.
    package func blocking(forKey key: String) -> BlockingCaller {
        switch target {
        case .server: BlockingCaller(RedisClient(configuration, eventLoop: eventLoop, logger: logger))
        case .cluster(let calls): BlockingCaller(calls, slot: HashSlot.of(key))
        }
    }

    // MARK: Nodes

    /// The primaries of a cluster, by a map that is at most a second old if the cluster can be asked; else the server.
    package func primaries() async throws(RedisError) -> [RedisEndpoint] {
        switch target {
        case .server(let client): [try await inUse(client)]
        case .cluster(let calls): try await calls.nodes(within: .seconds(1)).primaries.map(\.endpoint)
        }
    }

    /// All nodes of a cluster, by a map of now if the cluster can be asked; else the server, with all slots and without an id.
    package func nodes() async throws(RedisError) -> [ClusterNode] {
        switch target {
        case .server(let client):
            [ClusterNode(id: "", endpoint: try await inUse(client), role: .primary, slots: [0...HashSlot.count - 1])]
        case .cluster(let calls): try await calls.nodes(within: .zero).nodes
        }
    }

    /// The primary that serves the key now. Waits as a call does while none serves it.
    package func node(forKey key: String) async throws(RedisError) -> RedisEndpoint {
        switch target {
        case .server(let client): return try await inUse(client)
        case .cluster(let calls):
            let deadline = NIODeadline.now() + TimeAmount(limiting: configuration.commandTimeout)
            var progress = CallProgress(slot: HashSlot.of(key), deadline: deadline)
            return try await calls.node(for: &progress).endpoint
        }
    }

    /// The server, or the primary that the sentinels named at the last connection; one is made if there was none.
    private func inUse(_ client: RedisClient) async throws(RedisError) -> RedisEndpoint {
        guard case .sentinel = configuration.topology else { return configuration.endpoint }
        if client.endpoint == nil { _ = try await client.send(["PING"]) }
        return client.endpoint ?? configuration.endpoint
    }

    /// The server of a router without a cluster, as far as it is known.
    package var server: RedisEndpoint {
        guard case .server(let client) = target else { return configuration.endpoint }
        return client.endpoint ?? configuration.endpoint
    }

    /// The primary of a cluster that serves the key by the last map; nil if none does, and for a single server.
    package func knownNode(forKey key: String) -> RedisEndpoint? {
        guard case .cluster(let calls) = target, case .node(let node)? = calls.way(to: HashSlot.of(key)) else { return nil }
        return node.endpoint
    }

    /// Closes all connections but the blocking ones. Calls end as those of `RedisClient.close`.
    package func close() async {
        switch target {
        case .server(let client): await client.close()
        case .cluster(let calls): await calls.close()
        }
    }
}
