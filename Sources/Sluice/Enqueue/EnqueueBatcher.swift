import NIOCore
import SluiceCore
import SluiceStore
import Synchronization

/// The batcher for jobs that are enqueued one by one at the same time: they share a call.
///
/// The first job that finds no call under way leaves at once, from its caller's thread. Jobs that arrive meanwhile gather for the
/// next call, which leaves as soon as the reply is there, from the connection's event loop. No task lies between two calls. Once
/// enough jobs have gathered, they leave before that reply, so that Redis finds them when it has sent it.
actor EnqueueBatcher {
    /// The outcome of one job.
    enum Outcome: Sendable, Hashable {
        case added
        /// This job, or an equal one, is there already.
        case existing(JobID)
        /// The job is in Redis, without the confirmation that its durability asks for.
        case unconfirmed(JobID, isNew: Bool, Shortfall)
        /// A duplicate, and the request asked to fail.
        case duplicate(JobID)
        case refused(Enqueue.Refusal)
        /// The queue is at its depth limit.
        case full(retryAfter: Duration)
    }

    private typealias Caller = CheckedContinuation<Result<Outcome, SluiceError>, Never>

    /// Jobs of one call, and who waits for each.
    private struct Batch {
        var jobs: [NewJob] = []
        var callers: [Caller] = []
    }

    private struct State {
        var waiting = Batch()
        /// The producers without a call under way.
        var idle = [Sender.Producer(), Sender.Producer()]

        /// The jobs of the next call, in order; nil if none leave now.
        mutating func takeBatch() -> (batch: Batch, producer: Sender.Producer)? {
            let enough = idle.count == 2 ? 1 : EnqueueBatcher.enoughForSecondCall
            guard waiting.jobs.count >= enough, let producer = idle.popLast() else { return nil }
            var room = Enqueue.room
            let count = waiting.jobs.prefix { room.takes(bytes: $0.spec.count) }.count
            var batch = Batch()
            if count == waiting.jobs.count {
                swap(&batch, &waiting)
            } else {
                batch = Batch(jobs: Array(waiting.jobs.prefix(count)), callers: Array(waiting.callers.prefix(count)))
                waiting.jobs.removeFirst(count)
                waiting.callers.removeFirst(count)
            }
            return (batch, producer)
        }
    }

    /// The number of jobs that leave while another call is under way. The cost of a call of fewer jobs would be more than the time
    /// in which Redis waits for it.
    private static let enoughForSecondCall = 16

    nonisolated let sender: Sender
    private nonisolated let eventLoop: any EventLoop
    private nonisolated let state = Mutex(State())

    nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    init(_ sender: Sender, on eventLoop: any EventLoop) {
        self.sender = sender
        self.eventLoop = eventLoop
    }

    /// Enqueues one job.
    nonisolated func enqueue(_ job: NewJob) async throws(SluiceError) -> Outcome {
        let result = await withCheckedContinuation { caller in
            let first = state.withLock { state in
                state.waiting.jobs.append(job)
                state.waiting.callers.append(caller)
                return state.takeBatch()
            }
            if let first { send(first.batch, as: first.producer) }
        }
        return try result.get()
    }

    /// Sends jobs that arrived together. Calls leave in the order of the calls to this function, since the tasks belong to this
    /// actor and its executor takes them in order.
    func start(_ jobs: [NewJob], as producer: Sender.Producer) -> Task<Sender.Sent, Never> {
        Task { await self.sender.sent(jobs, as: producer) }
    }

    private nonisolated func send(_ batch: Batch, as producer: Sender.Producer) {
        sender.send(batch.jobs, as: producer) { [self] sent in
            let next = state.withLock { state in
                state.idle.append(sent.producer)
                return state.takeBatch()
            }
            // Redis works on the next call while this thread wakes the callers of the last one.
            if let next { send(next.batch, as: next.producer) }
            for (position, caller) in batch.callers.enumerated() {
                caller.resume(returning: sent.reply.map { Self.outcome(of: batch.jobs[position].id, position, $0) })
            }
        }
    }

    /// The outcome of the job at a position of a call.
    static func outcome(of id: JobID, _ position: Int, _ reply: Enqueue.Reply) -> Outcome {
        if let refusal = reply.refused[position] { return .refused(refusal) }
        if let owner = reply.duplicates[position] { return .duplicate(owner) }
        if reply.full.contains(position) { return .full(retryAfter: reply.retryAfter) }
        let isNew = !reply.existing.contains(position)
        let stored = reply.owners[position] ?? id
        if let shortfall = reply.shortfall { return .unconfirmed(stored, isNew: isNew, shortfall) }
        return isNew ? .added : .existing(stored)
    }
}
