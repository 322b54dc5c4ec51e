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
        var then: @Sendable (_ haveArrived: Bool) -> Void
    }

    init(_ relay: Relay) {
        self.relay = relay
        // Redis hands out a dropped round again.
        (rounds, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1000))
    }

    /// - Parameter then: Called when all messages have arrived, or with false if Redis has to hand some out again.
    func carry(
        _ messages: [OutboxMessage], of queue: QueueName, now: Int, then: @escaping @Sendable (_ haveArrived: Bool) -> Void
    ) {
        if case .enqueued = continuation.yield(Round(queue: queue, now: now, messages: messages, then: then)) { return }
        then(false)
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
                    round.then(await relay.carry(round.messages, of: round.queue, now: round.now))
                }
                running += 1
            }
        }
    }
}
