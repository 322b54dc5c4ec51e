import Hiredis
import Logging
import NIOCore
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

/// Reads streams of transitions as they grow. It has connections of its own, because a blocking command blocks its connection: one
/// to a server, and in a cluster one for each slot, as far as the process may have them.
package final class EventListener: Sendable {
    private enum Connections {
        case server(RedisClient)
        case cluster(SlotListener<EventKind>)
    }

    private let connections: Connections
    private let keys: Keys

    init(
        _ router: RedisRouter, _ configuration: RedisConfiguration, keys: Keys, on eventLoop: any EventLoop, logger: Logger
    ) {
        connections =
            router.isCluster
            ? .cluster(SlotListener(EventKind(), router, on: eventLoop, logger: logger))
            : .server(RedisClient(configuration, logger: logger))
        self.keys = keys
    }

    /// The entries after these positions, at most 100 of each queue; empty if none comes in time. In a cluster these may be
    /// entries of some queues; those of the others come with the next calls. Cancelling the task ends the wait at once.
    package func next(
        after positions: [QueueName: String], within limit: Duration
    ) async throws(SluiceError) -> [EventEntry] {
        let byKey = Dictionary(uniqueKeysWithValues: positions.keys.map { (keys.events($0), $0) })
        let streams: [RedisValue]
        do {
            switch connections {
            case .server(let client):
                let words = byKey.map(\.key) + byKey.map { positions[$0.value] ?? "0-0" }
                let command = EventKind().blocking(words, for: limit)
                streams = EventKind().items(try await client.sendBlocking(command, blockFor: limit).root)
            case .cluster(let listener): streams = try await next(listener, byKey, positions, limit)
            }
        } catch {
            throw SluiceError(error)
        }
        return streams.flatMap { stream -> [EventEntry] in
            guard let queue = stream[0].string.flatMap({ byKey[$0] }) else { return [] }
            return stream[1].elements.compactMap { EventEntry(queue: queue, entry: $0) }
        }
    }

    /// The streams of one reply: what stays in a stream is read by the next call.
    private func next(
        _ listener: SlotListener<EventKind>, _ queues: [String: QueueName], _ positions: [QueueName: String], _ limit: Duration
    ) async throws(RedisError) -> [RedisValue] {
        let slots = Dictionary(grouping: queues.keys.sorted(), by: HashSlot.of)
        let questions = slots.keys.sorted().map { slot in
            let keys = slots[slot] ?? []
            return SlotQuestion(slot: slot, words: keys + keys.map { queues[$0].flatMap { positions[$0] } ?? "0-0" })
        }
        switch try await listener.next(questions, within: limit) {
        case .item(let stream)?: return [stream]
        case .failure(_, let error)?: throw error
        case nil: return []
        }
    }

    package func close() async {
        switch connections {
        case .server(let client): await client.close()
        case .cluster(let listener): await listener.close()
        }
    }
}

/// Streams of transitions in several slots. The words are the keys, and as many positions.
struct EventKind: SlotKind {
    func blocking(_ words: [String], for limit: Duration) -> RedisCommand {
        RedisCommand(["XREAD", "COUNT", "100", "BLOCK", "\(max(limit.milliseconds, 1))", "STREAMS"] + words)
    }

    /// The streams that have entries, each with its key.
    func items(_ reply: RedisValue) -> [RedisValue] { Array(reply.elements) }

    func asking(_ words: [String]) -> [RedisCommand] { [RedisCommand(["XREAD", "COUNT", "100", "STREAMS"] + words)] }

    func items(_ reply: RedisValue, of command: Int, _ words: [String]) -> [RedisValue] { items(reply) }

    /// A call that reads a stream that is wanted no more takes nothing from anyone.
    static func mustEnd(_ present: [String], _ wanted: [String]) -> Bool { !wanted.isEmpty && present != wanted }

    /// Nothing is written to a stream to end a wait there.
    func ending(_ words: [String]) -> [RedisCommand]? { nil }
}

extension Store {
    /// A listener for streams of transitions, with connections of its own.
    package func eventListener() -> EventListener {
        EventListener(router, configuration, keys: keys, on: eventLoop, logger: logger)
    }

    /// The position of the newest entry in a queue's stream; `0-0`, which is before the first, if there is none.
    package func lastEvent(of queue: QueueName) async throws(SluiceError) -> String {
        let stream = try keys.events(queue.validated())
        let reply = try await send(["XREVRANGE", stream, "+", "-", "COUNT", "1"], key: stream)
        return reply.root[0][0].string ?? "0-0"
    }
}
