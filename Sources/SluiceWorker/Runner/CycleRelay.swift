import SluiceCore
import SluiceStore

/// Relays the outbox messages of a worker's cycles, several rounds at the same time.
final class CycleRelay: Sendable {
    private static let mostRounds = 8

    private let relay: Relay
    private let rounds: AsyncStream<Round>
    private let continuation: AsyncStream<Round>.Continuation

    /// The outbox messages of one cycle.
    private struct Round: Sendable {
        var queue: QueueName
        /// The server's time of the cycle, in ms since 1970.
        var now: Int
        var messages: [OutboxMessage]
        var then: @Sendable () -> Void
    }

    init(_ relay: Relay) {
        self.relay = relay
        // Redis hands out a dropped round again.
        (rounds, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1000))
    }

    /// - Parameter then: Called when the messages have been relayed, or could not be and are left to Redis.
    func carry(
        _ messages: [OutboxMessage], of queue: QueueName, now: Int, then: @escaping @Sendable () -> Void = {}
    ) {
        if messages.isEmpty { return then() }
        if case .enqueued = continuation.yield(Round(queue: queue, now: now, messages: messages, then: then)) { return }
        then()
    }

    /// Lets `run` return once all rounds have been relayed.
    func finish() { continuation.finish() }

    /// Relays until finished, several rounds at the same time.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for await round in rounds {
                if running == Self.mostRounds {
                    await group.next()
                    running -= 1
                }
                group.addTask { [relay] in
                    await relay.carry(round.messages, of: round.queue, now: round.now)
                    round.then()
                }
                running += 1
            }
        }
    }
}
