public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Selects jobs to list. An empty filter selects all.
public struct JobFilter: Sendable, Hashable {
    /// The queues, in the order to list them; nil for all. A repeated queue is listed once.
    public var queues: [QueueName]?
    /// The states, in the order to list them. A repeated state is listed once.
    public var states: [JobState]
    /// The kind of the jobs. Each listed state is searched in full, so rare kinds take longer.
    public var kind: String?

    /// Makes a filter. Omitted conditions match every job.
    public init(queues: [QueueName]? = nil, states: [JobState] = JobState.listed, kind: String? = nil) {
        self.queues = queues
        self.states = states
        self.kind = kind
    }
}

/// One job in a list.
public struct JobSummary: Sendable, Hashable {
    /// The queue of the job.
    public var queue: QueueName
    /// The id of the job.
    public var id: JobID
    /// The state of the job.
    public var state: JobState
    /// The name of the job's kind.
    public var kind: String
    /// The arguments as JSON text, redacted.
    public var arguments: String
    /// Failed attempts so far.
    public var attempts: Int
    /// The relevant time for the state: available or suspended since, due at, started at, ended at.
    public var moment: Date?
    /// The worker of an executing job.
    public var worker: WorkerID?
    /// The id of the key that encrypts the arguments; nil if they are not encrypted.
    public var key: String?
}

/// A page of a list of jobs.
public struct JobPage: Sendable, Hashable {
    /// The jobs of the page. A job that moves between two pages may appear twice or not at all.
    public var jobs: [JobSummary]
    /// The cursor of the next page; nil at the end.
    public var next: String?
    /// The server's time, to compute ages with.
    public var time: Date
}
