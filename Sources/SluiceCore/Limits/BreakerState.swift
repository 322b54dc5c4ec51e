/// The state of a breaker: how many jobs it lets through.
public enum BreakerState: String, Sendable, Hashable, CaseIterable {
    /// All jobs pass.
    case closed
    /// No job passes until the breaker has cooled.
    case open
    /// One job passes. Its end closes or reopens the breaker.
    case halfOpen = "half-open"
}
