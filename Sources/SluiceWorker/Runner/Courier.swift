import SluiceCore
import SluiceStore

/// Relays the facts that the cycles of a worker give out, some of them side by side.
final class Courier: Sendable {
    private static let mostRounds = 8

    private let relay: Relay
    private let rounds: AsyncStream<Round>
    private let continuation: AsyncStream<Round>.Continuation

    /// Facts that one cycle gave out.
    private struct Round: Sendable {
        var queue: QueueName
        /// The server's time then, in ms since 1970.
        var now: Int
        var facts: [Fact]
    }

    init(_ relay: Relay) {
        self.relay = relay
        // What is dropped here is given out again by Redis.
        (rounds, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1000))
    }

    func carry(_ facts: [Fact], of queue: QueueName, now: Int) {
        if !facts.isEmpty { continuation.yield(Round(queue: queue, now: now, facts: facts)) }
    }

    /// Lets `run` return when everything that was given out has been carried.
    func finish() { continuation.finish() }

    /// Carries until finished, some rounds side by side.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for await round in rounds {
                if running == Self.mostRounds {
                    await group.next()
                    running -= 1
                }
                group.addTask { [relay] in await relay.carry(round.facts, of: round.queue, now: round.now) }
                running += 1
            }
        }
    }
}
