public import Logging
public import SluiceCore
import SluiceStore

/// What a handler knows of its run, beside the arguments.
public struct JobContext: Sendable {
    /// The job.
    public let id: JobID
    /// Its kind.
    public let kind: String
    /// The queue it came from.
    public let queue: QueueName
    /// The version of its arguments as they were enqueued.
    public let version: Int
    /// What it was enqueued with, for limits.
    public let partitions: Partitions
    /// The chain it belongs to: no other job of it runs now.
    public let chain: Chain?
    /// The batch that it is a member of, or a callback of.
    public let batch: BatchID?
    /// What it needs that is switched off: it runs without.
    package let without: Set<String>
    /// The number of this run: runs that ended badly so far, and one. Releases and crashes do not count.
    public let attempt: Int
    /// Bad ends after which it is discarded.
    public let maxAttempts: Int
    /// The number that rises with each claim. Hand it to what the handler writes to, so that it can refuse an overtaken run.
    public let fence: Fence
    /// When the run has to be over; its Swift task is cancelled then. Of a member of a chunk it is known once the chunk runs.
    public internal(set) var deadline: ContinuousClock.Instant?
    /// Since when it could be claimed, in ms since 1970 by the server's clock.
    package let availableSince: Int
    /// When it was claimed, likewise.
    package let claimedAt: Int
    /// Context of a distributed trace, by header.
    package let trace: [String: String]

    /// The workflow that the job is a node of; nil if it is of none.
    public let workflow: WorkflowContext?

    let worker: WorkerID
    let store: Store
    /// What holds for jobs that it enqueues, and for what it leaves behind.
    let payload: PayloadRules
    /// Whether what it leaves behind is encrypted.
    let isEncrypted: Bool
    /// What must not appear in texts.
    package let redaction: Redaction
    let jobs: RunJobs
    let baseLogger: Logger
    /// For a kind that runs in chunks.
    var ticket: ChunkTicket?

    /// A logger that tells job, kind, queue and attempt with each line.
    public var logger: Logger {
        var logger = baseLogger
        logger[metadataKey: "job"] = "\(id)"
        logger[metadataKey: "kind"] = "\(kind)"
        logger[metadataKey: "queue"] = "\(queue)"
        logger[metadataKey: "attempt"] = "\(attempt)"
        return logger
    }

    /// A text without the values of the job's redacted fields, for a handler's own logs.
    public func redacted(_ text: String) -> String { redaction.masking(text) }

    /// Whether something that the job needs is there. False only for what the job said it can do without, while it is switched
    /// off; as it was when the run was claimed.
    public func isAvailable(_ dependency: String) -> Bool { !without.contains(dependency) }

    /// Tells how far the run has come, for display only.
    /// - Parameters:
    ///   - fraction: 0 to 1.
    ///   - note: a word for people.
    /// - Throws: `fenced` if this run is over, because its lease ended and the job was given to another worker.
    public func progress(_ fraction: Double, note: String = "") async throws(SluiceError) {
        try await store.call(
            Progress(worker: worker, id: id, fence: fence, fraction: fraction, note: redaction.masking(note)), on: queue)
    }
}
