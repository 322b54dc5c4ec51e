import NIOCore
import Synchronization

/// A connection of its own for commands that block on the server, such as BLPOP, on keys of one slot.
///
/// When the slot moves, the server ends the wait with `MOVED`, and the command goes to the new node. A server that was demoted ends
/// it with `UNBLOCKED`. One that is cut off ends nothing: once the map shows that the slot has gone elsewhere, the connection is
/// closed, and the call in flight fails with `.lost`.
package final class BlockingCaller: Sendable {
    private enum Target: Sendable {
        case server(RedisClient)
        case cluster(ClusterCalls, slot: Int, watch: UInt64)
    }

    private struct State: Sendable {
        var node: NodeTable.Node?
        var isClosed = false
    }

    private let target: Target
    /// The node of the slot, with a client that only this caller uses.
    private let state: Mutex<State>

    init(_ client: RedisClient) {
        target = .server(client)
        state = Mutex(State())
    }

    init(_ calls: ClusterCalls, slot: Int) {
        let watch = calls.state.withLock { $0.nextID() }
        target = .cluster(calls, slot: slot, watch: watch)
        state = Mutex(State())
        calls.state.withLock { $0.watchers[watch] = { [weak self] in self?.leaveFormerNode() } }
    }

    deinit {
        guard case .cluster(let calls, _, let watch) = target else { return }
        calls.state.withLock { $0.watchers[watch] = nil }
    }

    /// Sends a command that blocks for at most `blockFor`, as `RedisClient.sendBlocking` does. One call at a time.
    ///
    /// In a cluster the command is repeated, with its whole blocking time, when it was not executed; after `blockFor` its last
    /// error is thrown. Cancelling the task throws `.closed`.
    package func send(_ command: RedisCommand, blockFor: Duration) async throws(RedisError) -> RedisReply {
        switch target {
        case .server(let client): return try await client.sendBlocking(command, blockFor: blockFor)
        case .cluster(let calls, let slot, _):
            var progress = CallProgress(slot: slot, deadline: .now() + TimeAmount(limiting: blockFor))
            while true {
                let node = try own(try await calls.node(for: &progress, isCancellable: true).endpoint, calls)
                do throws(RedisError) {
                    return try await node.client.sendBlocking(command, blockFor: blockFor)
                } catch {
                    if Task.isCancelled { throw .closed }
                    guard let ruling = calls.rule(&progress, error, at: node) else { throw error }
                    if ruling.dropsNode { leave(node) }
                    try await calls.take(ruling, progress, from: node, isCancellable: true)
                }
            }
        }
    }

    /// Closes the connection, as `RedisClient.close` does. A call that waits for a node to serve the slot ends with its task's
    /// cancellation, or by its time.
    package func close() async {
        switch target {
        case .server(let client): await client.close()
        case .cluster(let calls, _, let watch):
            calls.state.withLock { $0.watchers[watch] = nil }
            let node = state.withLock { state in
                state.isClosed = true
                return state.node
            }
            await node?.client.close()
        }
    }

    /// The own client of a node, made if the last one was of another.
    private func own(_ endpoint: RedisEndpoint, _ calls: ClusterCalls) throws(RedisError) -> NodeTable.Node {
        let (node, former) = state.withLock { state -> (NodeTable.Node?, NodeTable.Node?) in
            guard !state.isClosed else { return (nil, nil) }
            if let node = state.node, node.endpoint == endpoint { return (node, nil) }
            let former = state.node
            let node = calls.makeNode(endpoint, checked: false)
            state.node = node
            return (node, former)
        }
        former?.client.hangUp()
        guard let node else { throw .closed }
        return node
    }

    private func leaveFormerNode() {
        guard case .cluster(let calls, let slot, _) = target, let node = state.withLock({ $0.node }) else { return }
        if calls.hasMoved(slot, from: node) { leave(node) }
    }

    private func leave(_ node: NodeTable.Node) {
        state.withLock { if $0.node === node { $0.node = nil } }
        node.client.hangUp()
    }
}
