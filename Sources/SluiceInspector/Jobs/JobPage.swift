public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Which jobs to list. Without anything: all.
public struct JobFilter: Sendable, Hashable {
    /// Queues, in the order to list them; nil for all. One that is named twice is listed once.
    public var queues: [QueueName]?
    /// States, in the order to list them. One that is named twice is listed once.
    public var states: [JobState]
    /// Only jobs of this kind. They are looked for among all, so this takes longer where they are few.
    public var kind: String?

    /// A filter that lets everything through but for what is given.
    public init(queues: [QueueName]? = nil, states: [JobState] = JobState.listed, kind: String? = nil) {
        self.queues = queues
        self.states = states
        self.kind = kind
    }
}

extension JobState {
    /// All states, in the order in which people look for jobs: what runs, what waits, what went wrong, what is done.
    public static let listed: [JobState] = [
        .executing, .available, .retryable, .scheduled, .suspended, .discarded, .cancelled, .completed,
    ]
}

/// One job in a list.
public struct JobSummary: Sendable, Hashable {
    /// The queue it is in.
    public var queue: QueueName
    /// The job.
    public var id: JobID
    /// Where it is in its life.
    public var state: JobState
    /// The name of its kind.
    public var kind: String
    /// Its arguments as JSON text, without what is not to be shown.
    public var arguments: String
    /// Runs that ended badly so far.
    public var attempts: Int
    /// The time that matters in its state: available or suspended since, due at, started at, ended at.
    public var moment: Date?
    /// Who runs it, if it is executing.
    public var worker: WorkerID?
    /// The id of the key that its arguments are encrypted with; nil if they are not.
    public var key: String?
}

/// Part of a list of jobs.
public struct JobPage: Sendable, Hashable {
    /// The jobs. What moves between two pages may be seen twice or not at all.
    public var jobs: [JobSummary]
    /// Where the next page begins; nil at the end.
    public var next: String?
    /// The server's time, against which to tell ages.
    public var time: Date
}
