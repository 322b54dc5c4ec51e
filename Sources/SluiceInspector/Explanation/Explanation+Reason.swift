public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension Explanation {
    /// One reason why a job does not run, or a statement of its state. Times are by the server's clock.
    public enum Reason: Sendable, Hashable {
        /// The job waits for its due time: to start, or for a retry after a failed attempt.
        case scheduled(due: Date, isRetry: Bool)
        /// Workers died more than once while they ran the job. It waits so that its next run is beside other jobs.
        case suspect(due: Date, crashes: Int)
        /// The job is larger than the replies that reach a worker. It was put aside, and is tried again when it is due.
        case tooLarge(size: Int, worker: WorkerID)
        /// The queue is paused.
        case paused(since: Date, reason: String)
        /// The queue is at its concurrency limit, over all hosts.
        case queueConcurrency(limit: Int, running: Int)
        /// The queue's rate is spent until `next`.
        case queueRate(allowance: Int, period: Duration, next: Date)
        /// All places of a gate are held. At most ten holders are listed.
        case gateConcurrency(gate: String, limit: Int, running: Int, held: [Holder])
        /// Another job holds the job's chain: it runs, waits for another run, or was discarded.
        case chain(gate: String, ChainHolder)
        /// A gate's rate is spent until `next`.
        case gateRate(gate: String, allowance: Int, period: Duration, next: Date)
        /// A gate's breaker is not closed. A half-open breaker lets one job through, whose outcome decides.
        case breaker(gate: String, state: BreakerState, until: Date?, probe: JobID?)
        /// A dependency of the job is switched off.
        case off(dependency: String, since: Date)
        /// A place is reserved for a lane that was turned away often.
        case reserved(gate: String, lane: String, until: Date)
        /// The job's lane waits at a gate: its position, and the number of waiting lanes.
        case parked(gate: String, position: Int, lanes: Int)
        /// Other jobs of the lane come first: the job's position, from 1, and the number of jobs.
        case position(lane: String, position: Int, count: Int)
        /// This number of lanes is served before the job's lane.
        case lanesAhead(Int)
        /// The queue has no live worker.
        case noWorker
        /// No worker of the queue handles the job's kind.
        case unknownKind(kind: String, workers: Int)
        /// The lease of the worker that ran the job has ended, at a time that may be unknown. The next call of a live worker takes
        /// the job back.
        case deadWorker(WorkerID, leaseEnded: Date?)
        /// The job runs.
        case executing(worker: WorkerID, host: String, attempt: Int, since: Date)
        /// The job has ended.
        case ended(JobState, at: Date)
        /// The job waits for another job to end, and for its target queue if that is another one. `state` is the other job's state;
        /// nil if that job moved on to its own queue, or was deleted.
        case waits(job: JobID, state: JobState?, onFailed: FailurePolicy, target: QueueName?)
        /// The job before this one did not complete, and the failure policy is to hold this job.
        case held(job: JobID, state: JobState, target: QueueName?)
        /// The job is moving to its own queue.
        case moving(to: QueueName, since: Date)
        /// The job waits for something else to end.
        case suspended
        /// The job is free to run: the next claim may take it.
        case next
        /// The job is cancelled at this time, unless it has ended.
        case deadline(Date)
        /// A reason of a newer library that this program does not know.
        case other(code: String, detail: String)
    }

    /// The job that holds a chain.
    public struct ChainHolder: Sendable, Hashable {
        /// The id of the job.
        public var id: JobID
        /// The state of the job: executing, scheduled, retryable or discarded.
        public var state: JobState
        /// The worker of the current or last run.
        public var worker: WorkerID?
        /// The start of that run.
        public var since: Date?
        /// The due time of the next run, if the job waits.
        public var due: Date?
        /// The time when the job was discarded, if it was.
        public var endedAt: Date?
    }

    /// A job that holds a place at a gate.
    public struct Holder: Sendable, Hashable {
        /// The id of the job.
        public var id: JobID
        /// The worker that runs the job.
        public var worker: WorkerID
        /// The start of the run.
        public var since: Date
    }
}

extension Explanation.Reason {
    /// The library's stable code of the reason.
    public var code: String {
        switch self {
        case .scheduled: "scheduled"
        case .suspect: "suspect"
        case .tooLarge: "too_large"
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
        case .deadWorker: "dead_worker"
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
