import Hiredis
import Logging
import NIOCore
package import SluiceCore

/// Waits for tokens. It has a connection of its own, because a blocking command blocks its connection.
package final class WakeListener: Sendable {
    /// Why a wait ended.
    package enum Token: Sendable, Hashable {
        /// An idle worker should look at this queue.
        case wake(QueueName)
        /// This worker has news in this queue.
        case bell(QueueName)
    }

    private let client: RedisClient
    private let keys: Keys

    /// Shares the event loop of the other calls, so that no other thread has to wake between a token and the call that it causes.
    init(_ configuration: RedisConfiguration, keys: Keys, on eventLoop: any EventLoop, logger: Logger) {
        self.client = RedisClient(configuration, eventLoop: eventLoop, logger: logger)
        self.keys = keys
    }

    /// Takes one token, or nil if none comes in time. Cancelling the task ends the wait at once. A token under way is then lost,
    /// which delays the queue by at most one idle beat.
    package func next(
        wake: [QueueName], bells: [QueueName], worker: WorkerID, within limit: Duration
    ) async throws(SluiceError) -> Token? {
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
        do {
            let reply = try await client.sendBlocking(command, blockFor: limit).root
            return reply[0].string.flatMap { tokens[$0] }
        } catch {
            throw SluiceError(error)
        }
    }

    package func close() async { await client.close() }
}

extension Store {
    /// Ends the wait of a worker's own listener by a token in its bell list.
    package func ring(_ queue: QueueName, _ worker: WorkerID) async throws(SluiceError) {
        let bell = keys.bell(queue, worker)
        _ = try await pipeline([["RPUSH", bell, "1"], ["PEXPIRE", bell, "60000"]])
    }
}
