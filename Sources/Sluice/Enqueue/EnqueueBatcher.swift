import NIOCore
import SluiceCore
import SluiceStore
import Synchronization

/// The batcher for jobs that are enqueued one by one at the same time: they share a call.
///
/// The first job that finds no call under way leaves at once. Jobs that arrive meanwhile gather for the next call, which leaves
/// as soon as the reply is there. All of this runs on the connection's event loop, so only the network and Redis lie between two
/// calls.
actor EnqueueBatcher {
    private struct Waiting {
        var job: NewJob
        var continuation: CheckedContinuation<Result<Outcome, SluiceError>, Never>
    }

    /// The outcome of one job.
    enum Outcome: Sendable, Hashable {
        case added
        /// This job, or an equal one, is there already.
        case existing(JobID)
        /// A duplicate, and the request asked to fail.
        case duplicate(JobID)
        case refused(Enqueue.Refusal)
        /// The queue is at its depth limit.
        case full(retryAfter: Duration)
    }

    private struct State {
        var waiting: [Waiting] = []
        var isPumping = false
    }

    nonisolated let sender: Sender
    private nonisolated let eventLoop: any EventLoop
    private nonisolated let state = Mutex(State())
    private var producer = Sender.Producer()

    nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    init(_ sender: Sender, on eventLoop: any EventLoop) {
        self.sender = sender
        self.eventLoop = eventLoop
    }

    /// Enqueues one job.
    nonisolated func enqueue(_ job: NewJob) async throws(SluiceError) -> Outcome {
        let result = await withCheckedContinuation { continuation in
            let isFirst = state.withLock { state in
                state.waiting.append(Waiting(job: job, continuation: continuation))
                defer { state.isPumping = true }
                return !state.isPumping
            }
            // The task ends when no job waits any more.
            if isFirst { Task { await pump() } }
        }
        return try result.get()
    }

    /// Sends jobs that arrived together. Calls leave in the order of the calls to this function, since the tasks belong to this
    /// actor and its executor takes them in order.
    func start(_ jobs: [NewJob], as producer: Sender.Producer) -> Task<Sender.Sent, Never> {
        Task {
            var producer = producer
            do throws(SluiceError) {
                let reply = try await self.sender.send(jobs, as: &producer)
                return Sender.Sent(producer: producer, reply: .success(reply))
            } catch {
                return Sender.Sent(producer: producer, reply: .failure(error))
            }
        }
    }

    private func pump() async {
        var producer = self.producer
        while let batch = takeBatch(keeping: producer) {
            let reply: Result<Enqueue.Reply, SluiceError>
            do throws(SluiceError) {
                reply = .success(try await sender.send(batch.map(\.job), as: &producer))
            } catch {
                reply = .failure(error)
            }
            for (position, waiting) in batch.enumerated() {
                waiting.continuation.resume(returning: reply.map { Self.outcome(of: waiting.job.id, position, $0) })
            }
        }
    }

    private static func outcome(of id: JobID, _ position: Int, _ reply: Enqueue.Reply) -> Outcome {
        if let refusal = reply.refused[position] { return .refused(refusal) }
        if let owner = reply.duplicates[position] { return .duplicate(owner) }
        if reply.full.contains(position) { return .full(retryAfter: reply.retryAfter) }
        return reply.existing.contains(position) ? .existing(reply.owners[position] ?? id) : .added
    }

    /// The jobs of the next call, in order. Returns nil, and ends the pump, if there are none.
    private func takeBatch(keeping producer: Sender.Producer) -> [Waiting]? {
        self.producer = producer
        return state.withLock { state in
            if state.waiting.isEmpty {
                state.isPumping = false
                return nil
            }
            var room = Enqueue.room
            let taken = Array(state.waiting.prefix { room.takes(bytes: $0.job.spec.count) })
            state.waiting.removeFirst(taken.count)
            return taken
        }
    }
}
