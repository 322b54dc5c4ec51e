package import SluiceCore

/// The jobs that a drain waits for.
package enum DrainScope: String, Sendable, CaseIterable {
    /// What is available, executing or retryable.
    case ready
    /// The jobs that run.
    case running
    /// All jobs that have not ended.
    case all

    /// The states that have to be empty.
    package var states: Set<JobState> {
        switch self {
        case .ready: [.available, .executing, .retryable]
        case .running: [.executing]
        case .all: [.available, .executing, .retryable, .scheduled, .suspended]
        }
    }

    /// The number of such jobs.
    package func count(_ status: QueueStatus) -> Int { states.reduce(0) { $0 + status.states[$1, default: 0] } }

    /// Whether a pause keeps the jobs from ending, so that a drain would wait in vain.
    package var isStoppedByPause: Bool { self != .running }
}
