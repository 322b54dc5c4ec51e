import NIOCore
import SluiceCore
import SluiceStore
import Synchronization

/// Lets jobs that are enqueued one by one at the same time travel in one call.
///
/// The first job that finds no call under way leaves at once; what comes meanwhile gathers for the next call, which leaves the
/// moment the reply is there. All of that happens on the connection's event loop, so that nothing but the network and Redis
/// lies between two calls.
actor Gatherer {
    private struct Waiting {
        var job: NewJob
        var continuation: CheckedContinuation<Result<Fate, SluiceError>, Never>
    }

    /// What became of one job.
    enum Fate: Sendable, Hashable {
        case added
        /// This job is there already.
        case existing(JobID)
        /// It was to fail then.
        case duplicate(JobID)
        case refused(Enqueue.Refusal)
        /// As many wait as may.
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
    nonisolated func enqueue(_ job: NewJob) async throws(SluiceError) -> Fate {
        let result = await withCheckedContinuation { continuation in
            let isFirst = state.withLock { state in
                state.waiting.append(Waiting(job: job, continuation: continuation))
                defer { state.isPumping = true }
                return !state.isPumping
            }
            // Ends by itself when nothing waits any more.
            if isFirst { Task { await pump() } }
        }
        return try result.get()
    }

    /// Sends jobs that came together. Calls leave in the order in which this was called, since the tasks are this actor's own and
    /// its executor takes them in order.
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
                waiting.continuation.resume(returning: reply.map { Self.fate(of: waiting.job.id, position, $0) })
            }
        }
    }

    private static func fate(of id: JobID, _ position: Int, _ reply: Enqueue.Reply) -> Fate {
        if let refusal = reply.refused[position] { return .refused(refusal) }
        if let owner = reply.duplicates[position] { return .duplicate(owner) }
        if reply.full.contains(position) { return .full(retryAfter: reply.retryAfter) }
        return reply.existing.contains(position) ? .existing(reply.owners[position] ?? id) : .added
    }

    /// The jobs of the next call, in order; nil, and the end of the pump, if there are none.
    private func takeBatch(keeping producer: Sender.Producer) -> [Waiting]? {
        self.producer = producer
        return state.withLock { state in
            if state.waiting.isEmpty {
                state.isPumping = false
                return nil
            }
            var bytes = 0
            let taken = state.waiting.prefix(Enqueue.mostJobs).prefix { waiting in
                bytes += waiting.job.spec.count
                return bytes <= Enqueue.mostBytes
            }
            defer { state.waiting.removeFirst(max(taken.count, 1)) }
            return taken.isEmpty ? [state.waiting[0]] : Array(taken)
        }
    }
}
