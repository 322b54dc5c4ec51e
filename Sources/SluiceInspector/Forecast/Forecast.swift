public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// When a queue's backlog will be empty, if nothing changes, and what decides that.
///
/// It is calculated from the last minutes: how many jobs came, how long runs took, how many started while jobs waited; and from the
/// places of live workers and the limits of the queue. The range covers what these differ by. It does not know of scheduled jobs
/// that become due in great numbers, nor of a deployment.
public struct Forecast: Sendable, Hashable {
    /// What becomes of the backlog.
    public enum Answer: Sendable, Hashable {
        /// No job waits for a worker.
        case empty
        /// No job waits for a worker after a time in this range, apart from those of ``Forecast/held``.
        case drains(ClosedRange<Duration>)
        /// More jobs come than go: the backlog will not drain.
        case grows(perSecond: Double)
        /// About as many jobs come as go.
        case steady
        /// No job starts.
        case stalled
        /// No run has ended lately, so there is nothing to calculate with.
        case noData
    }

    /// What limits the number of jobs that start.
    public enum Bound: Sendable, Hashable {
        /// Nothing: no job has to wait.
        case nothing
        /// The places of all live workers.
        case places(Int)
        /// The queue's concurrency limit, over all workers.
        case concurrency(Int)
        /// The queue's rate.
        case rate(allowance: Int, period: Duration)
        /// Every lane with jobs waits at a gate that is full or whose rate is spent. At most three gates are named, the busiest first.
        case lanes(gates: [String])
        /// An open breaker.
        case breaker(gate: String, until: Date?)
        /// A dependency that is switched off.
        case off(dependency: String)
        /// The queue is paused.
        case paused(reason: String)
        /// The queue has no live worker.
        case noWorkers
        /// No worker handles the kind of the job.
        case unknownKind(String)
        /// The job waits for another one, or for an operator.
        case otherJob
    }

    /// A dependency that jobs cannot use now, or a gate whose breaker is open, and what waits for it.
    public struct Held: Sendable, Hashable {
        /// What lets no job through: ``Bound/off(dependency:)`` or ``Bound/breaker(gate:until:)``.
        public var bound: Bound
        /// The lanes that wait there.
        public var lanes: Int

        package init(_ bound: Bound, lanes: Int) {
            self.bound = bound
            self.lanes = lanes
        }
    }

    /// The forecast with more workers of the same size.
    public struct WhatIf: Sendable, Hashable {
        /// The number of workers more.
        public var workers: Int
        /// The places of all workers then.
        public var places: Int
        /// What would become of the backlog.
        public var answer: Answer
        /// What would limit the jobs that start.
        public var bound: Bound
    }

    /// The queue.
    public var queue: QueueName
    /// The jobs that wait for a worker.
    public var backlog: Int
    /// The jobs that run.
    public var running: Int
    /// The jobs that wait for a time or for another job.
    public var later: Int
    /// The places of all live workers.
    public var places: Int
    /// Jobs that came in a second, of late.
    public var arrivals: Double
    /// Jobs that can end in a second, at the middle of the range; nil without data.
    public var departures: Double?
    /// What becomes of the backlog.
    public var answer: Answer
    /// What limits the jobs that start.
    public var bound: Bound
    /// What lets no job through, whatever else limits the queue: at most ten, those with most lanes first.
    public var held: [Held]
    /// The same with more workers; nil without a live worker.
    public var whatIf: WhatIf?
    /// The server's time of the forecast.
    public var time: Date
}

/// When a job starts, if nothing changes.
public struct JobForecast: Sendable, Hashable {
    /// What becomes of the job.
    public enum Answer: Sendable, Hashable {
        /// The job starts after a time in this range.
        case starts(ClosedRange<Duration>)
        /// The job runs.
        case running(since: Date)
        /// The job has ended.
        case ended(JobState)
        /// The job does not start before something else changes.
        case stalled
        /// No run has ended lately, so there is nothing to calculate with.
        case noData
    }

    /// The queue of the job.
    public var queue: QueueName
    /// The id of the job.
    public var id: JobID
    /// What becomes of the job.
    public var answer: Answer
    /// What it waits for.
    public var bound: Forecast.Bound
    /// The number of jobs that start before it, if it waits for a worker: at least and at most.
    public var ahead: ClosedRange<Int>?
    /// The server's time of the forecast.
    public var time: Date
}
