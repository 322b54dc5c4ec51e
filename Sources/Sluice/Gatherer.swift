import SluiceCore
import SluiceStore
import Synchronization

/// Lets jobs that are enqueued one by one at the same time travel in one call.
///
/// Whoever finds a producer free leads: it sends what has gathered, tells the others, and hands the producer to the first who
/// came meanwhile. So a lone job leaves at once, and under load each call carries what gathered during the one before.
final class Gatherer: Sendable {
    private enum Turn {
        case lead(Sender.Producer)
        case done(Result<Bool, SluiceError>)
    }

    private struct Waiting {
        var ticket: UInt64
        var job: NewJob
        /// Nil for a leader, which takes its own job.
        var continuation: CheckedContinuation<Turn, Never>?
    }

    private struct State {
        var waiting: [Waiting] = []
        var producers: [Sender.Producer]
        var tickets: UInt64 = 0

        /// Lines a job up, its owner leading if a producer is free.
        mutating func lineUp(_ job: NewJob, ticket: UInt64, _ continuation: CheckedContinuation<Turn, Never>) -> Sender.Producer?
        {
            let producer = producers.popLast()
            waiting.append(Waiting(ticket: ticket, job: job, continuation: producer == nil ? continuation : nil))
            return producer
        }

        /// The jobs of one call: the leader's own, and what others have lined up, in order, while there is room.
        mutating func takeBatch(leader ticket: UInt64) -> [Waiting] {
            var batch: [Waiting] = []
            var left: [Waiting] = []
            var bytes = waiting.first { $0.ticket == ticket }?.job.spec.count ?? 0
            for next in waiting {
                if next.ticket == ticket {
                    batch.append(next)
                } else if next.continuation != nil, batch.count < Enqueue.mostJobs - 1,
                    bytes + next.job.spec.count <= Enqueue.mostBytes
                {
                    bytes += next.job.spec.count
                    batch.append(next)
                } else {
                    left.append(next)
                }
            }
            waiting = left
            return batch
        }

        /// Makes the first who waits the next leader, or puts the producer back.
        mutating func handOver(_ producer: Sender.Producer) -> CheckedContinuation<Turn, Never>? {
            guard let index = waiting.firstIndex(where: { $0.continuation != nil }) else {
                producers.append(producer)
                return nil
            }
            defer { waiting[index].continuation = nil }
            return waiting[index].continuation
        }
    }

    /// Two calls in flight keep the server busy while a reply is on its way.
    private static let inFlight = 2

    let sender: Sender
    private let state: Mutex<State>

    init(_ sender: Sender) {
        self.sender = sender
        self.state = Mutex(State(producers: (0..<Self.inFlight).map { _ in Sender.Producer() }))
    }

    /// Enqueues one job. Returns whether it was added.
    func enqueue(_ job: NewJob) async throws(SluiceError) -> Bool {
        let ticket = state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
        let turn = await withCheckedContinuation { continuation in
            let free = state.withLock { $0.lineUp(job, ticket: ticket, continuation) }
            if let free { continuation.resume(returning: Turn.lead(free)) }
        }
        switch turn {
        case .lead(let producer): return try await lead(producer, ticket)
        case .done(let result): return try result.get()
        }
    }

    /// Sends what has gathered and tells everybody in it. Returns whether the leader's own job was added.
    private func lead(_ producer: Sender.Producer, _ ticket: UInt64) async throws(SluiceError) -> Bool {
        var producer = producer
        let batch = state.withLock { $0.takeBatch(leader: ticket) }
        let existing: Result<Set<Int>, SluiceError>
        do {
            existing = .success(try await sender.send(batch.map(\.job), as: &producer))
        } catch {
            existing = .failure(error)
        }
        state.withLock { $0.handOver(producer) }?.resume(returning: .lead(producer))
        var own: Result<Bool, SluiceError> = .success(true)
        for (position, waiting) in batch.enumerated() {
            let added = existing.map { !$0.contains(position) }
            if let continuation = waiting.continuation {
                continuation.resume(returning: .done(added))
            } else {
                own = added
            }
        }
        return try own.get()
    }
}
