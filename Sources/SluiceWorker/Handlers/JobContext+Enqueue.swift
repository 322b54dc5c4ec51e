public import Sluice
public import SluiceCore
import SluiceStore

extension JobContext {
    /// Enqueues a job together with the outcome of this run: Redis stores both or neither.
    ///
    /// The job exists once the run has ended as completed or snoozed, or as cancelled or discarded by its own handler. A run that
    /// fails, times out, is cancelled from outside or loses its lease enqueues nothing. Nor does a worker that dies, so the next
    /// attempt may enqueue the same job again. A job of another queue passes through this queue, and arrives there right after.
    ///
    /// A run may enqueue up to 500 jobs, of up to 1 MiB together.
    /// - Parameter configure: sets options that differ from the kind's.
    /// - Returns: The id of the job, made here unless given. If a job of that id is there already, or an equal one by uniqueness,
    ///   nothing is added, and the outcome is recorded all the same.
    /// - Throws: `runLimit`, `invalidArgument`, `payloadTooLarge`; `fenced` if the run is over already.
    @discardableResult
    public func enqueue<Kind: Job>(
        _ job: Kind, _ configure: (inout JobRequest) -> Void = { _ in }
    ) throws(SluiceError) -> JobID {
        try enqueue(JobRequest(job, configure))
    }

    /// Enqueues a job as requested, together with the outcome of this run.
    /// - Throws: The same errors as for a typed job; `invalidArgument` for a request that follows another job.
    @discardableResult
    public func enqueue(_ request: JobRequest) throws(SluiceError) -> JobID {
        let (job, queue) = try encoded(request, trace: TraceHeaders.current())
        try jobs.add([(job, queue)], of: self.queue)
        return job.id
    }

    /// Enqueues many jobs together with the outcome of this run, all or none.
    /// - Parameter configure: sets options of each job that differ from the kind's.
    /// - Returns: The ids of the jobs, in order.
    /// - Throws: The same errors as for one job; no job is enqueued then.
    @discardableResult
    public func enqueue<Jobs: Sequence>(
        _ jobs: Jobs, _ configure: (inout JobRequest) -> Void = { _ in }
    ) throws(SluiceError) -> [JobID] where Jobs.Element: Job {
        let trace = TraceHeaders.current()
        var encoded: [(job: NewJob, queue: QueueName)] = []
        for job in jobs {
            encoded.append(try self.encoded(JobRequest(job, configure), trace: trace))
        }
        try self.jobs.add(encoded, of: self.queue)
        return encoded.map(\.job.id)
    }

    private func encoded(
        _ request: JobRequest, trace: [String: String]
    ) throws(SluiceError) -> (job: NewJob, queue: QueueName) {
        if request.after != nil {
            throw SluiceError(.invalidArgument, "what a run enqueues with its outcome cannot follow another job")
        }
        let queue = try request.queue.validated()
        return (try request.encoded(id: request.id ?? IDs.next(), payload, trace: trace), queue)
    }
}
