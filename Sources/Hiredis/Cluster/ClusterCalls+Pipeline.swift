import NIOCore
import Synchronization

/// Commands for several nodes, in one flush for each.
extension ClusterCalls {
    typealias Outcome = Result<RedisReply, RedisError>

    /// The commands for one node, by their positions.
    private struct Batch: Sendable {
        let node: Node
        var indices: [Int] = []
    }

    /// A command that is to be repeated.
    private struct Repeat {
        let index: Int
        let node: Node
        let step: CallProgress.Step
    }

    /// - Throws: Only if none of the commands was sent.
    func pipeline(_ commands: [(command: RedisCommand, key: String)]) async throws(RedisError) -> [Outcome] {
        let deadline = NIODeadline.now() + TimeAmount(limiting: configuration.commandTimeout)
        var calls = commands.map { CallProgress(slot: HashSlot.of($0.key), deadline: deadline) }
        var outcomes = [Outcome](repeating: .failure(.closed), count: commands.count)
        var open = Array(commands.indices)
        while !open.isEmpty {
            var repeats: [Repeat] = []
            let batches = await batches(of: open, &calls, &outcomes)
            let limit = open.map { calls[$0].timeout(of: configuration.commandTimeout, now: .now()) }.max()
            for (batch, results) in await send(batches, commands, within: limit) {
                for (index, result) in zip(batch.indices, results) {
                    outcomes[index] = result
                    guard case .failure(let error) = result,
                        let ruling = rule(&calls[index], error, at: batch.node)
                    else { continue }
                    outcomes[index] = .failure(ruling.error)
                    if ruling.step != .fail { repeats.append(Repeat(index: index, node: batch.node, step: ruling.step)) }
                }
            }
            open = await ready(repeats, calls, by: deadline).sorted()
        }
        try throwIfNoneWasSent(outcomes)
        return outcomes
    }

    /// Sends commands to the node of one slot over one connection. If the first was not executed, all are repeated together.
    func pipeline(
        together commands: [RedisCommand], slot: Int, timeout: Duration?
    ) async throws(RedisError) -> [Outcome] {
        let whole = timeout ?? configuration.commandTimeout
        state.withLock { $0.longest = max($0.longest, whole) }
        var progress = CallProgress(slot: slot, deadline: .now() + TimeAmount(limiting: whole))
        while true {
            let node = try await node(for: &progress)
            let error: RedisError
            var outcomes: [Outcome]?
            do throws(RedisError) {
                let results = try await node.client.pipeline(commands, timeout: progress.timeout(of: whole, now: .now()))
                guard case .failure(let first)? = results.first else { return results }
                (error, outcomes) = (first, results)
            } catch let refusal {
                error = refusal
            }
            guard let ruling = rule(&progress, error, at: node) else { throw error }
            if ruling.step == .fail, var outcomes {
                outcomes[0] = .failure(ruling.error)
                return outcomes
            }
            try await take(ruling, progress, from: node, isCancellable: false)
        }
    }

    /// Gathers the commands by node. Those that get no node fail.
    private func batches(of open: [Int], _ calls: inout [CallProgress], _ outcomes: inout [Outcome]) async -> [Batch] {
        var batches: [Batch] = []
        var positions: [RedisEndpoint: Int] = [:]
        for index in open {
            do throws(RedisError) {
                let node = try await node(for: &calls[index])
                let position = positions[node.endpoint] ?? batches.count
                if position == batches.count {
                    batches.append(Batch(node: node))
                    positions[node.endpoint] = position
                }
                batches[position].indices.append(index)
            } catch {
                outcomes[index] = .failure(error)
            }
        }
        return batches
    }

    private func send(
        _ batches: [Batch], _ commands: [(command: RedisCommand, key: String)], within limit: Duration?
    ) async -> [(batch: Batch, results: [Outcome])] {
        if batches.count == 1, let batch = batches.first {
            return [(batch, await Self.send(batch, batch.indices.map { commands[$0].command }, within: limit))]
        }
        return await withTaskGroup(of: (batch: Batch, results: [Outcome]).self) { group in
            for batch in batches {
                let own = batch.indices.map { commands[$0].command }
                group.addTask { (batch, await Self.send(batch, own, within: limit)) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    private static func send(_ batch: Batch, _ commands: [RedisCommand], within limit: Duration?) async -> [Outcome] {
        do throws(RedisError) {
            return try await batch.node.client.pipeline(commands, timeout: limit)
        } catch {
            return commands.map { _ in .failure(error) }
        }
    }

    /// Waits until all can be repeated. Leaves out those whose node was out of reach and still has their slot.
    private func ready(_ repeats: [Repeat], _ calls: [CallProgress], by deadline: NIODeadline) async -> [Int] {
        if repeats.contains(where: { $0.step == .afterMap }) { _ = await nextMap(by: deadline) }
        let pauses = repeats.map { item in
            if case .again(let delay) = item.step { delay } else { Duration.zero }
        }
        try? await pause(pauses.max() ?? .zero, isCancellable: false)
        return repeats.filter { $0.step != .afterMap || hasMoved(calls[$0.index].slot, from: $0.node) }.map(\.index)
    }

    private func throwIfNoneWasSent(_ outcomes: [Outcome]) throws(RedisError) {
        guard case .failure(let first)? = outcomes.first else { return }
        let wasSent = outcomes.contains { outcome in
            switch outcome {
            case .failure(.unreachable), .failure(.refused), .failure(.closed): false
            case .failure(.lost), .failure(.timedOut), .failure(.protocolViolation), .failure(.server), .success: true
            }
        }
        if !wasSent { throw first }
    }
}
