public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A change of many jobs by ``Inspector/change(_:where:in:progress:)``. It does to each job what the call for ids does.
public enum BulkChange: Sendable, Hashable {
    /// Cancels jobs, as ``Inspector/cancel(_:in:)`` does.
    case cancel
    /// Retries jobs, as ``Inspector/retry(_:in:)`` does.
    case retry
    /// Deletes jobs, as ``Inspector/delete(_:in:)`` does. Running jobs are asked to stop, and stay until they have ended.
    case delete
    /// Reschedules jobs, as ``Inspector/reschedule(_:to:in:)`` does. A delay counts from the first step, so all jobs become due
    /// together.
    case reschedule(DueTime)

    /// The states that a change covers by default. Cancel: all states that have not ended. Retry: `retryable` and `discarded`.
    /// Delete: all states. Reschedule: `available`, `scheduled` and `retryable`.
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

    var action: Sweep.Action {
        switch self {
        case .cancel: .cancel
        case .retry: .retry
        case .delete: .delete
        case .reschedule: .reschedule
        }
    }

    var due: DueTime? {
        guard case .reschedule(let due) = self else { return nil }
        return due
    }
}

/// Selects jobs of a queue for a bulk change. All conditions have to hold; without conditions, all jobs of the states match.
public struct BulkFilter: Sendable, Hashable {
    /// The states to cover; a repeated state counts once. Nil means ``BulkChange/usualStates``.
    public var states: [JobState]?
    /// The name of the jobs' kind.
    public var kind: String?
    /// Partitions that the jobs must have; they may have others.
    public var partitions: [String: String]
    /// A part of the last error's message. The case of ASCII letters is ignored.
    public var error: String?
    /// The minimum age by the server's clock, counted from the end of a job, else from the start of its run, else from its
    /// enqueueing.
    public var olderThan: Duration?
    /// The number of matches after which to stop; nil for no limit. The order of states and times decides which jobs match first.
    public var limit: Int?

    /// Makes a filter. Omitted conditions match every job.
    public init(
        states: [JobState]? = nil, kind: String? = nil, partitions: [String: String] = [:], error: String? = nil,
        olderThan: Duration? = nil, limit: Int? = nil
    ) {
        self.states = states
        self.kind = kind
        self.partitions = partitions
        self.error = error
        self.olderThan = olderThan
        self.limit = limit
    }

    /// Converts the filter to the library's form.
    /// - Throws: `invalidArgument` for an invalid partition name, and for states that do not support the change.
    func sweep(for change: BulkChange) throws(SluiceError) -> Sweep {
        for state in states ?? [] where !change.possibleStates.contains(state) {
            throw SluiceError(.invalidArgument, "cannot \(change.action.rawValue) jobs that are \(state.rawValue)")
        }
        if let limit, limit < 1 { throw SluiceError(.invalidArgument, "a limit of jobs is 1 or more") }
        var parts: [String] = []
        for (name, value) in partitions.sorted(by: { $0.key < $1.key }) { parts.append(try Partitions([name: value]).lane()) }
        return Sweep(change.action, due: change.due, kind: kind, parts: parts, error: error, age: olderThan)
    }
}

/// The progress of a bulk change.
public struct BulkProgress: Sendable, Hashable {
    /// Jobs in the covered states at the start.
    public var expected = 0
    /// Jobs examined so far.
    public var looked = 0
    /// Examined jobs that match the filter.
    public var matched = 0
    /// Matching jobs that were changed.
    public var changed = 0
    /// Matching jobs that run and were asked to stop.
    public var cancelling = 0
    /// Matching jobs that could not be changed because they are moving to another queue.
    public var refused = 0
    /// False if the change stopped early, by cancellation or at its limit.
    public var isComplete = false

    /// Makes the progress of a change that has not started.
    public init() {}

    mutating func add(_ reply: Sweep.Reply) {
        looked += reply.looked
        matched += reply.matched
        changed += reply.changed
        cancelling += reply.cancelling
        refused += reply.refused
    }
}

/// Jobs of one kind with similar last errors.
public struct ErrorGroup: Sendable, Hashable {
    /// The name of the jobs' kind.
    public var kind: String
    /// The message of the last error, with numbers and ids replaced by `#`; empty for jobs without an error.
    public var error: String
    /// The number of jobs.
    public var count: Int
    /// The id of one of the jobs.
    public var example: JobID
}
