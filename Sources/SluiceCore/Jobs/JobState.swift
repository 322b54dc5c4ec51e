/// Where a job is in its life. A job is in exactly one state, and the last three are final but for an operator's retry.
///
/// ```
/// enqueue → available → executing → completed
///         → scheduled ⤴           → retryable → available      a run that ended badly
///                                 → scheduled → available      a snooze, or something it needs is missing
///                                 → available                  released by a worker that stops, or taken back from a dead one
///                                 → cancelled, discarded
/// ```
public enum JobState: String, Hashable, Sendable, Codable, CaseIterable {
    /// Waits for a workflow or a parent.
    case suspended
    /// Waits for its time.
    case scheduled
    /// Can be claimed.
    case available
    /// Runs.
    case executing
    /// Ended badly at least once and waits for the next attempt.
    case retryable
    /// Ended well.
    case completed
    /// Ended by somebody's wish.
    case cancelled
    /// Ended for good after failing.
    case discarded

    /// Whether nothing but an operator's retry leads out of it.
    public var isEnded: Bool {
        switch self {
        case .completed, .cancelled, .discarded: true
        case .suspended, .scheduled, .available, .executing, .retryable: false
        }
    }
}
