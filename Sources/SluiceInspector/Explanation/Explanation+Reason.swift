public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension Explanation {
    /// One thing that stands in a job's way, or that has become of it. Moments are by the server's clock.
    public enum Reason: Sendable, Hashable {
        /// It waits for its time: to start, or to be tried again after a bad end.
        case scheduled(due: Date, isRetry: Bool)
        /// Its worker died under it more than once: it waits so that it runs in other company.
        case suspect(due: Date, crashes: Int)
        /// Somebody paused the queue.
        case paused(since: Date, reason: String)
        /// So many jobs of the queue run as may, over all hosts.
        case queueConcurrency(limit: Int, running: Int)
        /// The queue's rate is spent until `next`.
        case queueRate(allowance: Int, period: Duration, next: Date)
        /// All places of a gate are held; of the holders, ten are told.
        case gateConcurrency(gate: String, limit: Int, running: Int, held: [Holder])
        /// Another job holds its chain: it runs, waits to run again since its last run, or was discarded and holds the chain.
        case chain(gate: String, ChainHolder)
        /// A gate's rate is spent until `next`.
        case gateRate(gate: String, allowance: Int, period: Duration, next: Date)
        /// A gate's breaker is not closed. Half open, it lets one job through, whose end decides.
        case breaker(gate: String, state: BreakerState, until: Date?, probe: JobID?)
        /// Somebody switched off a dependency that the job needs.
        case off(dependency: String, since: Date)
        /// A place is kept free for a lane that was turned away often.
        case reserved(gate: String, lane: String, until: Date)
        /// Its lane waits at a gate: as which of how many.
        case parked(gate: String, position: Int, lanes: Int)
        /// Jobs of its lane come first: it is which of how many, from 1.
        case position(lane: String, position: Int, count: Int)
        /// So many lanes are served before its own.
        case lanesAhead(Int)
        /// No worker of the queue lives.
        case noWorker
        /// None of the queue's workers handles its kind.
        case unknownKind(kind: String, workers: Int)
        /// It runs.
        case executing(worker: WorkerID, host: String, attempt: Int, since: Date)
        /// It has ended.
        case ended(JobState, at: Date)
        /// It waits for the end of another job, and for the queue it belongs to, if that is another one. `state` is the other
        /// job's; nil if it has moved on to its own queue, or was deleted.
        case waits(job: JobID, state: JobState?, onFailed: FailurePolicy, target: QueueName?)
        /// The job before it ended otherwise than completed, and it was to be held then.
        case held(job: JobID, state: JobState, target: QueueName?)
        /// It is on its way to its own queue.
        case moving(to: QueueName, since: Date)
        /// It waits for something else to end first.
        case suspended
        /// Nothing stands in its way: the next claim may take it.
        case next
        /// It is cancelled then, unless it has ended.
        case deadline(Date)
        /// What a newer library says and this program does not know.
        case other(code: String, detail: String)
    }

    /// The job that holds a chain.
    public struct ChainHolder: Sendable, Hashable {
        /// The job.
        public var id: JobID
        /// Where it is in its life: executing, scheduled, retryable or discarded.
        public var state: JobState
        /// Who runs it, or ran it last.
        public var worker: WorkerID?
        /// When that run began.
        public var since: Date?
        /// When it is due to run again, if it waits.
        public var due: Date?
        /// When it was discarded, if it was.
        public var endedAt: Date?
    }

    /// A job that holds a place at a gate.
    public struct Holder: Sendable, Hashable {
        /// The job.
        public var id: JobID
        /// Who runs it.
        public var worker: WorkerID
        /// Since when.
        public var since: Date
    }
}

extension Explanation.Reason {
    /// The stable word for it, as the library tells it.
    public var code: String {
        switch self {
        case .scheduled: "scheduled"
        case .suspect: "suspect"
        case .paused: "paused"
        case .queueConcurrency: "queue_concurrency"
        case .queueRate: "queue_rate"
        case .gateConcurrency: "gate_concurrency"
        case .chain: "chain"
        case .gateRate: "gate_rate"
        case .breaker: "breaker"
        case .off: "off"
        case .reserved: "reserved"
        case .parked: "parked"
        case .position: "position"
        case .lanesAhead: "lanes_ahead"
        case .noWorker: "no_worker"
        case .unknownKind: "unknown_kind"
        case .executing: "executing"
        case .ended: "ended"
        case .waits: "waits"
        case .held: "held"
        case .moving: "moving"
        case .suspended: "suspended"
        case .next: "next"
        case .deadline: "deadline"
        case .other(let code, _): code
        }
    }
}
