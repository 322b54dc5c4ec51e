/// What a batch tells by a job of its own.
public enum BatchEvent: String, Sendable, Hashable, CaseIterable {
    /// A member ended otherwise than completed. Told at the first one, at once.
    case failed
    /// No member is left that never ran: each ran to some end, be it a bad one after which it is tried again, or ended without.
    case attempted
    /// All members completed.
    case completed
    /// All members ended: completed, cancelled, discarded or deleted.
    case exhausted
}
