/// The state of a job. A job is in exactly one state. The last three are final, except for an operator's retry.
///
/// ```
/// enqueue → available → executing → completed
///         → scheduled ⤴           → retryable → available      a failed attempt
///                                 → scheduled → available      a snooze, or something it needs is missing
///                                 → available                  released by a worker that stops, or taken back from a dead one
///                                 → cancelled, discarded
/// ```
public enum JobState: String, Hashable, Sendable, Codable, CaseIterable {
    /// It waits for a workflow or a parent.
    case suspended
    /// It waits for its due time.
    case scheduled
    /// A worker can claim it.
    case available
    /// A worker runs it.
    case executing
    /// An attempt failed, and it waits for the next one.
    case retryable
    /// It succeeded.
    case completed
    /// It was cancelled: by a call, its handler, its deadline or a failure policy.
    case cancelled
    /// It failed for good.
    case discarded

    /// Whether the state is final: only an operator's retry leaves it.
    public var isEnded: Bool {
        switch self {
        case .completed, .cancelled, .discarded: true
        case .suspended, .scheduled, .available, .executing, .retryable: false
        }
    }
}

extension JobState {
    /// All states in the usual reading order: running, waiting, failed, done.
    public static let listed: [JobState] = [
        .executing, .available, .retryable, .scheduled, .suspended, .discarded, .cancelled, .completed,
    ]
}
