/// How a run ended, as a value that a handler may return. Throwing an error is ``retry(after:)`` with that error.
public enum Outcome<Output: Sendable>: Sendable {
    /// Done.
    case completed(Output)
    /// Ended badly: the next attempt after the policy's wait, or after this one if it is longer, a year at most; discarded if it was
    /// the last.
    case retry(after: Duration? = nil, reason: String = "the handler asked for a retry")
    /// Wait again by the handler's own wish. No attempt is spent.
    case snooze(Snooze)
    /// Ended by the handler's wish.
    case cancel(reason: String)
    /// Ended for good, whatever attempts are left: the work makes no sense.
    case discard(reason: String)
}

extension Outcome {
    /// Wait so long by the handler's own wish, a second at least and a year at most. No attempt is spent.
    public static func snooze(for wait: Duration) -> Outcome { .snooze(.for(wait)) }
}

/// The same from deep inside a handler: throw one.
public struct JobInterruption: Error, Sendable, CustomStringConvertible {
    /// How the run is to end; never `completed`.
    package let outcome: Outcome<Never>

    private init(_ outcome: Outcome<Never>) { self.outcome = outcome }

    /// The same with its reason changed.
    package func masked(_ mask: (String) -> String) -> JobInterruption {
        switch outcome {
        case .completed, .snooze: self
        case .retry(let wait, let reason): JobInterruption(.retry(after: wait, reason: mask(reason)))
        case .cancel(let reason): JobInterruption(.cancel(reason: mask(reason)))
        case .discard(let reason): JobInterruption(.discard(reason: mask(reason)))
        }
    }

    /// Wait again by the handler's own wish, a second at least and a year at most. No attempt is spent.
    public static func snooze(for wait: Duration) -> JobInterruption { JobInterruption(.snooze(.for(wait))) }
    /// The same.
    public static func snooze(_ snooze: Snooze) -> JobInterruption { JobInterruption(.snooze(snooze)) }
    /// Ended by the handler's wish.
    public static func cancel(reason: String) -> JobInterruption { JobInterruption(.cancel(reason: reason)) }
    /// Ended for good, whatever attempts are left.
    public static func discard(reason: String) -> JobInterruption { JobInterruption(.discard(reason: reason)) }

    /// The text for people.
    public var description: String {
        switch outcome {
        case .completed: "completed"
        case .retry(_, let reason): reason
        case .snooze(.for(let wait)): "snoozed for \(wait)"
        case .snooze(.adaptive): "snoozed until it is worth looking again"
        case .cancel(let reason): "cancelled: \(reason)"
        case .discard(let reason): "discarded: \(reason)"
        }
    }
}
