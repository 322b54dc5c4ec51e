/// What a run ended with. Jobs that were given back before a handler had them are no runs.
public enum RunOutcome: String, Sendable, Hashable, CaseIterable {
    /// The job is done.
    case completed
    /// The attempt failed, and the job is tried again.
    case retried
    /// The job is given up.
    case discarded
    /// The job was cancelled while it ran.
    case cancelled
    /// The handler asked to come back later.
    case snoozed
    /// A dependency was unavailable.
    case unavailable
    /// The worker died.
    case lost

    /// Whether the run failed: `retried`, `discarded` and `lost`.
    public var isFailure: Bool { self == .retried || self == .discarded || self == .lost }
}

/// The runs of one kind, or of several, in a span of time.
public struct RunHistory: Sendable, Hashable {
    /// The number of runs that ended, by outcome; outcomes without runs are absent.
    public var outcomes: [RunOutcome: Int] = [:]
    /// From the claim to the settlement, by the server's clock, for runs that ended in the span. Lost runs are left out.
    public var durations = DurationHistogram()
    /// From the time at which a job could first be claimed to its claim, for runs that ended in the span.
    public var waits = DurationHistogram()

    /// Creates an empty history.
    public init() {}

    /// The number of runs that ended.
    public var runs: Int { outcomes.values.reduce(0, +) }

    /// The number of runs that failed.
    public var failures: Int { outcomes.reduce(0) { $0 + ($1.key.isFailure ? $1.value : 0) } }

    /// Adds the runs of another history.
    public mutating func merge(_ other: RunHistory) {
        outcomes.merge(other.outcomes, uniquingKeysWith: +)
        durations.merge(other.durations)
        waits.merge(other.waits)
    }
}
