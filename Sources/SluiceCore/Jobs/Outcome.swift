/// The outcome of a run, as a value that a handler may return. Throwing an error means ``retry(after:reason:)`` with that error.
public enum Outcome<Output: Sendable>: Sendable {
    /// The job is done.
    case completed(Output)
    /// The attempt failed. The next one starts after the policy's wait, or after this one if it is longer, a year at most. After
    /// the last attempt the job is discarded.
    case retry(after: Duration? = nil, reason: String = "the handler asked for a retry")
    /// The job runs again later, at the handler's request. No attempt is spent.
    case snooze(Snooze)
    /// The job is cancelled at the handler's request.
    case cancel(reason: String)
    /// The job is discarded, whatever attempts are left: the work makes no sense.
    case discard(reason: String)
}

extension Outcome where Output == NoOutput {
    /// The job is done, and has no output.
    public static var completed: Outcome { .completed(NoOutput()) }
}

extension Outcome {
    /// The job runs again after this wait, one second to one year. No attempt is spent.
    public static func snooze(for wait: Duration) -> Outcome { .snooze(.for(wait)) }

    /// The same outcome with another output.
    package func map<Other>(_ transform: (Output) throws -> Other) rethrows -> Outcome<Other> {
        switch self {
        case .completed(let output): .completed(try transform(output))
        case .retry(let wait, let reason): .retry(after: wait, reason: reason)
        case .snooze(let snooze): .snooze(snooze)
        case .cancel(let reason): .cancel(reason: reason)
        case .discard(let reason): .discard(reason: reason)
        }
    }

    /// The same outcome with its reason masked.
    package func masked(_ mask: (String) -> String) -> Outcome {
        switch self {
        case .completed, .snooze: self
        case .retry(let wait, let reason): .retry(after: wait, reason: mask(reason))
        case .cancel(let reason): .cancel(reason: mask(reason))
        case .discard(let reason): .discard(reason: mask(reason))
        }
    }
}

extension Outcome where Output == Never {
    /// The same outcome, of a handler with any output.
    package func widened<Other>() -> Outcome<Other> {
        switch self {
        case .retry(let wait, let reason): .retry(after: wait, reason: reason)
        case .snooze(let snooze): .snooze(snooze)
        case .cancel(let reason): .cancel(reason: reason)
        case .discard(let reason): .discard(reason: reason)
        }
    }
}

/// An outcome that code deep inside a handler can throw.
public struct JobInterruption: Error, Sendable, CustomStringConvertible {
    /// The outcome of the run; never `completed`.
    package let outcome: Outcome<Never>

    private init(_ outcome: Outcome<Never>) { self.outcome = outcome }

    /// This interruption with its reason masked.
    package func masked(_ mask: (String) -> String) -> JobInterruption { JobInterruption(outcome.masked(mask)) }

    /// The job runs again after this wait, one second to one year. No attempt is spent.
    public static func snooze(for wait: Duration) -> JobInterruption { JobInterruption(.snooze(.for(wait))) }
    /// The job runs again later, at the handler's request. No attempt is spent.
    public static func snooze(_ snooze: Snooze) -> JobInterruption { JobInterruption(.snooze(snooze)) }
    /// The job is cancelled at the handler's request.
    public static func cancel(reason: String) -> JobInterruption { JobInterruption(.cancel(reason: reason)) }
    /// The job is discarded, whatever attempts are left.
    public static func discard(reason: String) -> JobInterruption { JobInterruption(.discard(reason: reason)) }

    /// A text for people.
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
