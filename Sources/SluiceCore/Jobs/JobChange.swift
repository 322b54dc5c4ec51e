/// A change that an operator makes to jobs.
public enum JobChange: Sendable, Hashable {
    /// Makes jobs available now. Ended jobs start again with all attempts; scheduled and retryable jobs keep their count. The
    /// history of errors is kept. Running jobs are refused, and so is an ended unique job while an equal job lives.
    case retry
    /// Cancels jobs: waiting jobs at once, running jobs through their worker. Ended jobs are refused, except for a discarded job
    /// that holds its chain: the chain then continues.
    case cancel
    /// Deletes jobs and all their data. A running job is asked to stop, and has to be deleted again when it has ended.
    case delete
    /// Changes the due time of waiting jobs. Running and ended jobs are refused.
    case reschedule(DueTime)

    /// The name of the change: `retry`, `cancel`, `delete` or `reschedule`.
    public var name: String {
        switch self {
        case .retry: "retry"
        case .cancel: "cancel"
        case .delete: "delete"
        case .reschedule: "reschedule"
        }
    }

    /// The states that a change by conditions covers by default. Cancel: all states that have not ended. Retry: `retryable` and
    /// `discarded`. Delete: all states. Reschedule: `available`, `scheduled` and `retryable`.
    public var usualStates: [JobState] {
        switch self {
        case .cancel: [.executing, .available, .scheduled, .retryable, .suspended]
        case .retry: [.retryable, .discarded]
        case .delete: JobState.listed
        case .reschedule: [.available, .scheduled, .retryable]
        }
    }

    /// The states that the change supports; it starts with ``usualStates``.
    package var possibleStates: [JobState] {
        switch self {
        case .cancel: usualStates + [.discarded]
        case .retry: usualStates + [.scheduled, .suspended, .cancelled, .completed]
        case .delete, .reschedule: usualStates
        }
    }

    /// The state of a job after the change; nil if it is gone.
    package var target: JobState? {
        switch self {
        case .retry: .available
        case .cancel: .cancelled
        case .delete: nil
        case .reschedule: .scheduled
        }
    }

    /// The new due time of a reschedule.
    package var due: DueTime? {
        guard case .reschedule(let due) = self else { return nil }
        return due
    }
}
