public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// All that is known of one job at one instant.
public struct JobDetails: Sendable, Hashable {
    /// The queue it is in.
    public var queue: QueueName
    /// The job.
    public var id: JobID
    /// Where it is in its life.
    public var state: JobState
    /// The name of its kind.
    public var kind: String
    /// Its arguments as JSON text, as they were enqueued; without the values of redacted fields, and a word for encrypted ones.
    public var arguments: String
    /// What limits may refer to.
    public var partitions: [String: String]
    /// What it depends on outside.
    public var needs: [Dependency]
    /// The chain it belongs to, whose jobs run one after another.
    public var chain: Chain?
    /// All partitions and needs together, the unit of waiting and of fairness; empty without any.
    public var lane: String
    /// 0 (first) to 9 (last).
    public var priority: Int
    /// Runs that ended badly so far. A retry by an operator sets it to 0.
    public var attempts: Int
    /// Runs after which it is discarded; nil if the worker's code decides.
    public var maxAttempts: Int?
    /// How long a run may take; nil if the worker's code decides.
    public var timeout: Duration?
    /// Waits for dependencies after which it is discarded; nil if the worker's code decides.
    public var maxWaits: Int?
    /// Runs that never ended because their worker died.
    public var crashes: Int
    /// Times it went back because something it needs was missing.
    public var waits: Int
    /// The newest ten bad ends, oldest first.
    public var failures: [JobFailure]
    /// How far the last run that said anything had come.
    public var progress: JobProgress?
    /// What the handler returned, as JSON text, where results are kept; likewise without what is not to be shown.
    public var result: String?
    /// The run under way, or the last one of a job that ended as cancelled or discarded, or that waits and holds its chain.
    public var run: JobRun?
    /// When it was enqueued; nil for most jobs that have completed, which are kept with less: ``Inspector/withTimes(_:)``.
    public var createdAt: Date?
    /// When its last run began, if it has run; nil for most jobs that have completed, likewise.
    public var startedAt: Date?
    /// When it is due, if it is scheduled or retryable.
    public var dueAt: Date?
    /// When it ended, if it has.
    public var endedAt: Date?
    /// When it is cancelled, or was to be, unless it has ended; nil for most jobs.
    public var deadline: Date?
    /// The server's time at that instant.
    public var time: Date
    /// What it has to do with other jobs.
    public var links = JobLinks()
    /// The version of its arguments.
    public var version = 1
    /// The id of the key that they are encrypted with; nil if they are not.
    public var key: String?
    /// Names of fields whose values are not shown.
    public var redacted: [String] = []
    /// What makes it unique, if anything does.
    public var uniqueness: JobUniqueness?
    /// Its steps that are done once over all its runs, in the order in which they began.
    public var steps: [JobStep] = []
}
