import Hiredis
import Logging
import NIOCore
package import SluiceCore

/// Waits for tokens. It has connections of its own, because a blocking command blocks its connection: one to a server, and in a
/// cluster one for each slot, as far as the process may have them.
package final class WakeListener: Sendable {
    /// Why a wait ended.
    package enum Token: Sendable, Hashable {
        /// An idle worker should look at this queue.
        case wake(QueueName)
        /// This worker has news in this queue.
        case bell(QueueName)
    }

    private enum Connections {
        case server(RedisClient)
        case cluster(SlotListener<WakeKind>)
    }

    private let connections: Connections
    private let keys: Keys

    /// Shares the event loop of the other calls, so that no other thread has to wake between a token and the call that it causes.
    init(
        _ router: RedisRouter, _ configuration: RedisConfiguration, keys: Keys, on eventLoop: any EventLoop, logger: Logger
    ) {
        connections =
            router.isCluster
            ? .cluster(SlotListener(WakeKind(keys: keys), router, on: eventLoop, logger: logger))
            : .server(RedisClient(configuration, eventLoop: eventLoop, logger: logger))
        self.keys = keys
    }

    /// Takes one token, or nil if none comes in time. Cancelling the task ends the wait at once. A token under way is then lost on
    /// a server, which delays the queue by at most one idle beat; in a cluster the next call returns it.
    package func next(
        wake: [QueueName], bells: [QueueName], worker: WorkerID, within limit: Duration
    ) async throws(SluiceError) -> Token? {
        do {
            switch connections {
            case .server(let client): return try await next(client, wake, bells, worker, limit)
            case .cluster(let listener): return try await next(listener, wake, bells, worker, limit)
            }
        } catch {
            throw SluiceError(error)
        }
    }

    private func next(
        _ client: RedisClient, _ wake: [QueueName], _ bells: [QueueName], _ worker: WorkerID, _ limit: Duration
    ) async throws(RedisError) -> Token? {
        var tokens: [String: Token] = [:]
        var command: RedisCommand = ["BLPOP"]
        for queue in bells {
            tokens[keys.bell(queue, worker)] = .bell(queue)
            command.append(keys.bell(queue, worker))
        }
        for queue in wake {
            tokens[keys.wake(queue)] = .wake(queue)
            command.append(keys.wake(queue))
        }
        command.append("\(max(limit.seconds, 0.05))")
        let reply = try await client.sendBlocking(command, blockFor: limit).root
        return reply[0].string.flatMap { tokens[$0] }
    }

    /// The failures of some slots do not end the wait at the others.
    private func next(
        _ listener: SlotListener<WakeKind>, _ wake: [QueueName], _ bells: [QueueName], _ worker: WorkerID, _ limit: Duration
    ) async throws(RedisError) -> Token? {
        // With a thousand queues the questions cost more than the rest of a wait.
        while let news = try await listener.kept() {
            if case .item(let token) = news { return token }
        }
        let questions = WakeKind(keys: keys).questions(wake: wake, bells: bells, worker)
        let end = ContinuousClock.now + limit
        while true {
            switch try await listener.next(questions, within: max(end - .now, .milliseconds(1))) {
            case .item(let token)?: return token
            case .failure?: if ContinuousClock.now >= end { return nil }
            case nil: return nil
            }
        }
    }

    package func close() async {
        switch connections {
        case .server(let client): await client.close()
        case .cluster(let listener): await listener.close()
        }
    }
}

extension Store {
    /// Ends the wait of a worker's own listener by a token in its bell list.
    package func ring(_ queue: QueueName, _ worker: WorkerID) async throws(SluiceError) {
        let bell = keys.bell(queue, worker)
        _ = try await pipeline([["RPUSH", bell, "1"], ["PEXPIRE", bell, "60000"]], key: bell)
    }
}
