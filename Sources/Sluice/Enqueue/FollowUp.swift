public import SluiceCore
import SluiceStore

/// The job that another one follows: it stays suspended until that has ended.
public struct FollowUp: Sendable, Hashable {
    /// The job before.
    public var parent: JobID
    /// Its queue.
    public var queue: QueueName
    /// What becomes of the job if the one before it does not complete.
    public var onFailed: FailurePolicy
    /// Where the job before waits, or has waited, before it goes to its queue.
    let origin: QueueName?

    /// After a job that was enqueued.
    public init(_ job: Enqueued, onFailed: FailurePolicy = .cancel) {
        parent = job.id
        queue = job.queue
        origin = job.origin
        self.onFailed = onFailed
    }

    /// After a job of that id, which is in its queue now.
    public init(_ id: JobID, in queue: QueueName, onFailed: FailurePolicy = .cancel) {
        parent = id
        self.queue = queue
        origin = nil
        self.onFailed = onFailed
    }

    /// The queues that may know the job before, in the order in which to ask them.
    var places: [QueueName] { [origin, queue].compactMap { $0 } }

    /// Whether a job of a queue may wait elsewhere for it, so that its own queue is not asked about its id when it is enqueued.
    func isElsewhere(for queue: QueueName) -> Bool { places.contains { $0 != queue } }

    /// The job as it waits in the slot of one of them.
    func following(_ job: NewJob, of queue: QueueName, at place: QueueName) -> NewJob {
        var job = job
        job.after = NewJob.After(parent: parent, policy: onFailed, target: queue == place ? nil : queue)
        return job
    }
}
