public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What is done to many jobs at once, by ``Inspector/change(_:where:in:progress:)``. What it does to each is what the call for ids
/// does.
public enum BulkChange: Sendable, Hashable {
    /// As ``Inspector/cancel(_:in:)``.
    case cancel
    /// As ``Inspector/retry(_:in:)``.
    case retry
    /// As ``Inspector/delete(_:in:)``: those that run are told to stop, and stay until they have ended.
    case delete
    /// As ``Inspector/reschedule(_:to:in:)``; a time from now counts from the first step, so that all become due together.
    case reschedule(DueTime)

    /// The states that it goes through unless others are given: cancel, all that have not ended; retry, `retryable` and
    /// `discarded`; delete, all; reschedule, `available`, `scheduled` and `retryable`.
    public var usualStates: [JobState] {
        switch self {
        case .cancel: [.executing, .available, .scheduled, .retryable, .suspended]
        case .retry: [.retryable, .discarded]
        case .delete: JobState.listed
        case .reschedule: [.available, .scheduled, .retryable]
        }
    }

    /// The states that it can change; the first of them are those of ``usualStates``.
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

/// Which jobs of a queue a bulk change is for. All conditions have to hold; without any, all jobs of the states match.
public struct BulkFilter: Sendable, Hashable {
    /// States to go through, each once; nil for ``BulkChange/usualStates``.
    public var states: [JobState]?
    /// The name of their kind.
    public var kind: String?
    /// Partitions that they have, beside others.
    public var partitions: [String: String]
    /// A part of the message of their last error. Upper and lower case of ASCII letters are alike.
    public var error: String?
    /// How long ago they ended, or else their run began, or else they were enqueued, by the server's clock.
    public var olderThan: Duration?
    /// Matches after which to stop; nil for no end. Which jobs are taken then follows the order of their states and times.
    public var limit: Int?

    /// A filter that lets everything through but for what is given.
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

    /// The same for the library.
    /// - Throws: `invalidArgument` for a name of a partition that is none, and for states that the change cannot be made in.
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

/// How far a bulk change has come.
public struct BulkProgress: Sendable, Hashable {
    /// Jobs there were at the beginning in the states that are gone through.
    public var expected = 0
    /// Jobs looked at so far.
    public var looked = 0
    /// Those among them that are meant.
    public var matched = 0
    /// Those of them that were changed.
    public var changed = 0
    /// Those that run, and whose workers were told to stop.
    public var cancelling = 0
    /// Those that could not be changed, because they are on their way to another queue.
    public var refused = 0
    /// False if it was stopped before the end, be it by cancellation or by the limit.
    public var isComplete = false

    /// Nothing so far.
    public init() {}

    mutating func add(_ reply: Sweep.Reply) {
        looked += reply.looked
        matched += reply.matched
        changed += reply.changed
        cancelling += reply.cancelling
        refused += reply.refused
    }
}

/// Jobs of one kind whose last errors are alike.
public struct ErrorGroup: Sendable, Hashable {
    /// The name of their kind.
    public var kind: String
    /// The message of their last error, numbers and ids in it replaced by `#`; empty for jobs without one.
    public var error: String
    /// How many.
    public var count: Int
    /// One of them.
    public var example: JobID
}
