import Hiredis
import Logging
package import SluiceCore

/// One entry of a queue's stream of transitions, as `lua/base/events.lua` writes it.
package struct EventEntry: Sendable, Hashable {
    package var queue: QueueName
    /// Its id in the stream, from which reading can continue.
    package var position: String
    /// The state before; empty for new jobs.
    package var from: String
    /// The state after; empty for removed jobs.
    package var to: String
    package var ids: [JobID]
    package var worker: WorkerID?
    /// Time of the entry, in ms since 1970 by the server's clock.
    package var time: Int

    init?(queue: QueueName, entry: RedisValue) {
        guard let position = entry[0].string else { return nil }
        let fields = entry[1].dictionary
        self.queue = queue
        self.position = position
        self.from = fields["from"]?.string ?? ""
        self.to = fields["to"]?.string ?? ""
        self.ids = (fields["ids"]?.string ?? "").split(separator: " ").map { JobID(known: String($0)) }
        self.worker = fields["worker"]?.string.flatMap { $0.isEmpty ? nil : WorkerID(known: $0) }
        self.time = fields["at"]?.integer ?? position.split(separator: "-").first.flatMap { Int($0) } ?? 0
    }
}

/// Reads streams of transitions as they grow. It has a connection of its own, because a blocking command blocks its connection.
package final class EventListener: Sendable {
    private let client: RedisClient
    private let keys: Keys

    init(_ configuration: RedisConfiguration, keys: Keys, logger: Logger) {
        self.client = RedisClient(configuration, logger: logger)
        self.keys = keys
    }

    /// The entries after these positions, at most 100 of each queue; empty if none comes in time. Cancelling the task ends the
    /// wait at once.
    package func next(
        after positions: [QueueName: String], within limit: Duration
    ) async throws(SluiceError) -> [EventEntry] {
        let queues = Array(positions.keys)
        var command: RedisCommand = ["XREAD", "COUNT", "100", "BLOCK", "\(max(limit.milliseconds, 1))", "STREAMS"]
        for queue in queues { command.append(keys.events(queue)) }
        for queue in queues { command.append(positions[queue] ?? "0-0") }
        let byKey = Dictionary(uniqueKeysWithValues: queues.map { (keys.events($0), $0) })
        do {
            let reply = try await client.sendBlocking(command, blockFor: limit).root
            return reply.elements.flatMap { stream -> [EventEntry] in
                guard let queue = stream[0].string.flatMap({ byKey[$0] }) else { return [] }
                return stream[1].elements.compactMap { EventEntry(queue: queue, entry: $0) }
            }
        } catch {
            throw SluiceError(error)
        }
    }

    package func close() async { await client.close() }
}

extension Store {
    /// A listener for streams of transitions, with a connection of its own.
    package func eventListener() -> EventListener { EventListener(configuration, keys: keys, logger: logger) }

    /// The position of the newest entry in a queue's stream; `0-0`, which is before the first, if there is none.
    package func lastEvent(of queue: QueueName) async throws(SluiceError) -> String {
        let reply = try await send(["XREVRANGE", keys.events(queue.validated()), "+", "-", "COUNT", "1"])
        return reply.root[0][0].string ?? "0-0"
    }
}
