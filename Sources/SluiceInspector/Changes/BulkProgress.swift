import SluiceStore

/// The progress of a bulk change.
public struct BulkProgress: Sendable, Hashable {
    /// Jobs in the covered states at the start.
    public var expected = 0
    /// Jobs examined so far.
    public var looked = 0
    /// Examined jobs that match the filter.
    public var matched = 0
    /// Matching jobs that were changed.
    public var changed = 0
    /// Matching jobs that run and were asked to stop.
    public var cancelling = 0
    /// Matching jobs that could not be changed because they are moving to another queue.
    public var refused = 0
    /// False if the change stopped early, by cancellation or at its limit.
    public var isComplete = false

    /// Makes the progress of a change that has not started.
    public init() {}

    mutating func add(_ reply: Sweep.Reply) {
        looked += reply.looked
        matched += reply.matched
        changed += reply.changed
        cancelling += reply.cancelling
        refused += reply.refused
    }
}
