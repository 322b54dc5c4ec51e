public import Logging
public import SluiceCore
import SluiceStore

/// The context of a run: everything but the arguments of the job.
public struct JobContext: Sendable {
    /// The id of the job.
    public let id: JobID
    /// The kind of the job.
    public let kind: String
    /// The queue of the job.
    public var queue: QueueName { pipeline.queue }
    /// The version of the arguments as they were enqueued.
    public let version: Int
    /// The partitions of the job, for limits and fairness.
    public let partitions: Partitions
    /// The chain of the job, if any; no other job of the chain runs now.
    public let chain: Chain?
    /// The batch of which the job is a member or a callback.
    public let batch: BatchID?
    /// Optional dependencies of the job that are switched off.
    package let without: Set<String>
    /// The number of this attempt: failed attempts so far, and one. Releases and crashes do not count.
    public let attempt: Int
    /// Failed attempts after which the job is discarded.
    public let maxAttempts: Int
    /// A number that rises with each claim. Pass it to systems that the handler writes to, so that they can refuse an overtaken
    /// run.
    public let fence: Fence
    /// When the run's Swift task is cancelled because its time is over. For a member of a chunk it is known once the chunk runs.
    public internal(set) var deadline: ContinuousClock.Instant?
    /// When the job became available, in ms since 1970 by the server's clock.
    package let availableSince: Int
    /// When the job was claimed, in ms since 1970 by the server's clock.
    package let claimedAt: Int
    /// The context of a distributed trace, as headers.
    package let trace: [String: String]

    /// The workflow of which the job is a node; nil for other jobs.
    public let workflow: WorkflowContext?

    /// What the runs of a queue share.
    let pipeline: Pipeline
    /// Whether the result and the recorded steps of the run are encrypted.
    let isEncrypted: Bool
    /// Masks redacted values in texts.
    package let redaction: Redaction
    let jobs: RunJobs
    /// The link to the chunk, for a kind that runs in chunks.
    var ticket: ChunkTicket?

    var worker: WorkerID { pipeline.worker }
    var store: Store { pipeline.store }
    /// The rules for payloads: of jobs that the run enqueues, its result and its recorded steps.
    var payload: PayloadRules { pipeline.payload }

    /// A logger that adds job, kind, queue and attempt to each line.
    public var logger: Logger {
        var logger = pipeline.logger
        logger[metadataKey: "job"] = "\(id)"
        logger[metadataKey: "kind"] = "\(kind)"
        logger[metadataKey: "queue"] = "\(queue)"
        logger[metadataKey: "attempt"] = "\(attempt)"
        return logger
    }

    /// Masks the values of the job's redacted fields in a text, for a handler's own logs.
    public func redacted(_ text: String) -> String { redaction.masking(text) }

    /// Whether a dependency of the job is available. It is false only for an optional dependency that was switched off when the
    /// run was claimed.
    public func isAvailable(_ dependency: String) -> Bool { !without.contains(dependency) }

    /// Reports the progress of the run, for display only.
    /// - Parameters:
    ///   - fraction: 0 to 1.
    ///   - note: a short text for people.
    /// - Throws: `fenced` if this run is over, because its lease ended and another worker got the job; what the call to Redis
    ///   throws, such as `unreachable`.
    public func progress(_ fraction: Double, note: String = "") async throws(SluiceError) {
        try await store.call(
            Progress(worker: worker, id: id, fence: fence, fraction: fraction, note: redaction.masking(note)), on: queue)
    }
}
