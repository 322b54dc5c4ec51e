import NIOCore
import Synchronization

/// Calls from tasks, in which a call waits for its next step.
extension ClusterCalls {
    /// Waits for the next map.
    /// - Parameter isCancellable: Whether cancelling the task ends the wait, with `.closed`.
    /// - Returns: The reason if there is none.
    func nextMap(by deadline: NIODeadline, isCancellable: Bool = false) async -> RedisError? {
        let id = state.withLock { $0.nextID() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                whenMapped(by: deadline, id: id) { continuation.resume(returning: $0) }
                // If the task was cancelled before the wait began, the handler below did not find it.
                if isCancellable, Task.isCancelled { endWaiter(id, .closed) }
            }
        } onCancel: {
            if isCancellable { endWaiter(id, .closed) }
        }
    }

    /// Waits. Cancelling the task ends the wait if `isCancellable`, with `.closed`.
    func pause(_ pause: Duration, isCancellable: Bool) async throws(RedisError) {
        guard pause > .zero else { return }
        if isCancellable {
            do { try await Task.sleep(for: pause) } catch { throw .closed }
        } else {
            // Fails only if the event loop has been shut down.
            try? await eventLoop.scheduleTask(in: TimeAmount(limiting: pause)) {}.futureResult.get()
        }
    }

    /// The node of the call's slot. Waits for the first map, and while no node serves the slot.
    func node(
        for progress: inout CallProgress, isCancellable: Bool = false
    ) async throws(RedisError) -> Node {
        while true {
            switch way(to: progress.slot) {
            case .node(let node)?: return node
            case nil: throw .closed
            case .noMap?:
                if let error = await nextMap(by: progress.deadline, isCancellable: isCancellable) { throw error }
                progress.waitedForMap()
            case .nobody?:
                let ruling = ruleUncovered(&progress)
                try await take(ruling, progress, from: nil, isCancellable: isCancellable)
            }
        }
    }

    /// Returns when the call is to be repeated at the node that its slot then has; throws its error if it is not.
    func take(
        _ ruling: ClusterMachine.Ruling, _ progress: CallProgress, from node: Node?, isCancellable: Bool
    ) async throws(RedisError) {
        switch ruling.step {
        case .fail: throw ruling.error
        case .again(let delay): try await pause(delay, isCancellable: isCancellable)
        case .afterMap:
            _ = await nextMap(by: progress.deadline, isCancellable: isCancellable)
            if isCancellable, Task.isCancelled { throw .closed }
            guard hasMoved(progress.slot, from: node) else { throw ruling.error }
        }
    }

    func send(_ command: RedisCommand, slot: Int, timeout: Duration?) async throws(RedisError) -> RedisReply {
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<RedisReply, RedisError>, Never>) in
            send(command, slot: slot, timeout: timeout) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    // MARK: Nodes

    /// The nodes, from a map of now.
    /// - Parameter age: A map that is not older is good enough.
    func nodes(within age: Duration) async throws(RedisError) -> ClusterMap {
        let oldest = NIODeadline.now() - TimeAmount(limiting: age)
        let known = state.withLock { ($0.machine.map, $0.machine.learnedAt) }
        if let map = known.0, let learnedAt = known.1, learnedAt >= oldest { return map }
        let error = await nextMap(by: .now() + TimeAmount(limiting: configuration.commandTimeout))
        // The old map tells more than an error that no node gives a new one.
        guard let map = state.withLock({ $0.isClosed ? nil : $0.machine.map }) else { throw error ?? .closed }
        return map
    }

    /// Sends to one node, whatever its role. What it answers is the answer.
    func send(_ command: RedisCommand, node endpoint: RedisEndpoint, timeout: Duration?) async throws(RedisError) -> RedisReply {
        let node = state.withLock { state in
            state.isClosed ? nil : state.table.node(at: endpoint) { makeNode($0, checked: false) }
        }
        guard let node else { throw .closed }
        do throws(RedisError) {
            return try await node.client.send(command, timeout: timeout)
        } catch {
            var unused = CallProgress(slot: 0, deadline: .now())
            throw rule(&unused, error, at: node)?.error ?? error
        }
    }

    /// Sends to any primary: to the next one if one is out of reach, or does not serve at the time.
    func sendAnywhere(_ command: RedisCommand, timeout: Duration?) async throws(RedisError) -> RedisReply {
        var last = RedisError.unreachable("the Redis Cluster has no primary")
        for primary in try await nodes(within: .seconds(3_600)).primaries.shuffled() {
            do throws(RedisError) {
                return try await send(command, node: primary.endpoint, timeout: timeout)
            } catch {
                last = error
                switch CallRule(error, from: primary.endpoint) {
                case .unreachable, .wait, .wrongRole, .reroute: continue
                case .follow, .held, .unknownOutcome, .thrown: throw error
                }
            }
        }
        throw last
    }
}
