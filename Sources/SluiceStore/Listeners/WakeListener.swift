import Hiredis
import Logging
import NIOCore
package import SluiceCore

/// Waits for tokens on a connection of its own, because a blocking command holds its connection up.
package final class WakeListener: Sendable {
    /// Why a wait ended.
    package enum Token: Sendable, Hashable {
        /// Somebody idle should look at this queue.
        case wake(QueueName)
        /// The worker has something to hear in this queue.
        case bell(QueueName)
    }

    private let client: RedisClient
    private let keys: Keys

    /// Shares the event loop of the other calls: from a token to the call it asks for there is no other thread to wake.
    init(_ configuration: RedisConfiguration, keys: Keys, on eventLoop: any EventLoop, logger: Logger) {
        self.client = RedisClient(configuration, eventLoop: eventLoop, logger: logger)
        self.keys = keys
    }

    /// Takes one token, or nil if none comes in time. Cancelling the task ends the wait at once; a token that was under way
    /// then is lost, which costs the queue an idle beat at most.
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
    /// Ends the wait of a worker's own listener: its bell makes it look again.
    package func ring(_ queue: QueueName, _ worker: WorkerID) async throws(SluiceError) {
        let bell = keys.bell(queue, worker)
        _ = try await pipeline([["RPUSH", bell, "1"], ["PEXPIRE", bell, "60000"]])
    }
}
