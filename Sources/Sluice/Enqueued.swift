public import SluiceCore

/// What became of a job that was enqueued. Others can follow it, and its result can be waited for.
public struct Enqueued: Sendable, Hashable {
    /// The job.
    public var id: JobID
    /// The queue that it goes to.
    public var queue: QueueName
    /// False if a job of this id was there already: nothing was added.
    public var isNew: Bool
    /// The queue in whose slot it waits for the job before it, if that is another one.
    package var origin: QueueName?

    package init(id: JobID, queue: QueueName, isNew: Bool, origin: QueueName? = nil) {
        self.id = id
        self.queue = queue
        self.isNew = isNew
        self.origin = origin
    }
}

/// What became of many.
public struct EnqueuedMany: Sendable, Hashable {
    /// Jobs that were added.
    public var added = 0
    /// Jobs whose id was there already.
    public var existing = 0
}
