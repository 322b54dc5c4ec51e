public import SluiceCore
import SluiceStore

/// A link to the job that another one follows. The follower stays suspended until its parent has ended.
public struct FollowUp: Sendable, Hashable {
    /// The id of the parent.
    public var parent: JobID
    /// The queue of the parent.
    public var queue: QueueName
    /// What happens to the follower if the parent does not complete.
    public var onFailed: FailurePolicy
    /// The queue in whose slot the parent waits, or waited, before it goes to its own queue.
    let origin: QueueName?

    /// Follows a job that was enqueued.
    public init(_ job: Enqueued, onFailed: FailurePolicy = .cancel) {
        parent = job.id
        queue = job.queue
        origin = job.origin
        self.onFailed = onFailed
    }

    /// Follows a job by its id. The job has to be in this queue now.
    public init(_ id: JobID, in queue: QueueName, onFailed: FailurePolicy = .cancel) {
        parent = id
        self.queue = queue
        origin = nil
        self.onFailed = onFailed
    }

    /// The queues that may know the parent, in the order in which to ask them.
    var places: [QueueName] { [origin, queue].compactMap { $0 } }

    /// Whether a follower in this queue may wait in another queue's slot. Its own queue does not check its id then.
    func isElsewhere(for queue: QueueName) -> Bool { places.contains { $0 != queue } }

    /// The follower as it waits in the slot of one of these queues.
    func following(_ job: NewJob, of queue: QueueName, at place: QueueName) -> NewJob {
        var job = job
        job.after = NewJob.After(parent: parent, policy: onFailed, target: queue == place ? nil : queue)
        return job
    }
}
