/// Whether a breaker lets jobs through.
public enum BreakerState: String, Sendable, Hashable, CaseIterable {
    /// All of them.
    case closed
    /// None, until its time is over.
    case open
    /// One, whose end decides.
    case halfOpen = "half-open"
}
