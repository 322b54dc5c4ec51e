public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// All data of one job at one instant.
public struct JobDetails: Sendable, Hashable {
    /// The queue that holds the job.
    public var queue: QueueName
    /// The id of the job.
    public var id: JobID
    /// The state of the job.
    public var state: JobState
    /// The name of the job's kind.
    public var kind: String
    /// The arguments as JSON text, as they were enqueued. Redacted values are removed; a placeholder stands for encrypted
    /// arguments.
    public var arguments: String
    /// The partitions that limits can refer to.
    public var partitions: [String: String]
    /// The external dependencies of the job.
    public var needs: [Dependency]
    /// The job's chain; the jobs of a chain run one after another.
    public var chain: Chain?
    /// The partitions and dependencies as one text, the unit of waiting and of fairness; empty without any.
    public var lane: String
    /// The priority, from 0 (first) to 9 (last).
    public var priority: Int
    /// Failed attempts so far. A retry by an operator resets it to 0.
    public var attempts: Int
    /// Failed attempts after which the job is discarded; nil if the worker's code decides.
    public var maxAttempts: Int?
    /// The time limit of a run; nil if the worker's code decides.
    public var timeout: Duration?
    /// Waits for dependencies after which the job is discarded; nil if the worker's code decides.
    public var maxWaits: Int?
    /// Runs that did not end because their worker died.
    public var crashes: Int
    /// Times that the job was returned because a dependency was missing.
    public var waits: Int
    /// The newest ten failed attempts, oldest first.
    public var failures: [JobFailure]
    /// The last progress that a run reported.
    public var progress: JobProgress?
    /// The handler's result as JSON text, if results are kept; redacted like the arguments.
    public var result: String?
    /// The current run; or the last one of a job that was cancelled or discarded, or that waits and holds its chain.
    public var run: JobRun?
    /// The enqueue time; nil for most completed jobs: see ``Inspector/withTimes(_:)``.
    public var createdAt: Date?
    /// The start of the last run, if there was one; nil for most completed jobs: see ``Inspector/withTimes(_:)``.
    public var startedAt: Date?
    /// The due time of a scheduled or retryable job.
    public var dueAt: Date?
    /// The end of the job, if it has ended.
    public var endedAt: Date?
    /// The time when the job is (or was to be) cancelled unless it has ended; nil for most jobs.
    public var deadline: Date?
    /// The server's time of the reply.
    public var time: Date
    /// The job's relations to other jobs.
    public var links = JobLinks()
    /// The version of the arguments.
    public var version = 1
    /// The id of the key that encrypts the arguments; nil if they are not encrypted.
    public var key: String?
    /// The names of redacted fields.
    public var redacted: [String] = []
    /// The uniqueness of the job, if it is unique.
    public var uniqueness: JobUniqueness?
    /// The steps of the job that run once over all its runs, in the order of their starts.
    public var steps: [JobStep] = []
}
