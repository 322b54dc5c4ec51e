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

    /// Follows a job: one that was enqueued, or by its id with `JobHandle(id, in: queue)`.
    public init(_ job: some JobReference, onFailed: FailurePolicy = .cancel) {
        parent = job.handle.id
        queue = job.handle.queue
        origin = job.handle.origin
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
