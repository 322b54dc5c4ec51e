/// An event of a batch, for which a callback can be enqueued.
public enum BatchEvent: String, Sendable, Hashable, CaseIterable {
    /// The first member was cancelled, discarded or deleted. Fires at once.
    case failed
    /// Each member has run once, with success or not, or has ended without a run.
    case attempted
    /// All members completed.
    case completed
    /// All members ended: completed, cancelled, discarded or deleted.
    case exhausted
}
