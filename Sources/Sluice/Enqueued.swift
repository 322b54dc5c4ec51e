public import SluiceCore

/// What became of a job that was enqueued.
public struct Enqueued: Sendable, Hashable {
    /// The job.
    public var id: JobID
    /// False if a job of this id was there already: nothing was added.
    public var isNew: Bool
}

/// What became of many.
public struct EnqueuedMany: Sendable, Hashable {
    /// Jobs that were added.
    public var added = 0
    /// Jobs whose id was there already.
    public var existing = 0
}
