public import Sluice
public import SluiceCore

/// A queue that a worker serves, with the worker's settings for it.
public struct Queue: Sendable {
    /// When the place of a run is free for the next job.
    public enum AckMode: String, Sendable, Hashable, CaseIterable {
        /// As soon as the handler returns. Outcomes travel together, in the call that claims the next jobs. If the worker dies,
        /// jobs whose outcomes were not stored yet run again.
        case batched
        /// Only once Redis has the outcome. This is slower, and fewer jobs run again when a worker dies.
        case confirmed
    }

    /// The bounds on the ended jobs that are kept: a count and an age. The stricter one applies.
    public struct Retention: Sendable, Hashable {
        /// The most jobs to keep.
        public var count: Int
        /// How long to keep a job.
        public var age: Duration

        /// Sets both bounds.
        public init(count: Int, age: Duration) {
            self.count = max(count, 0)
            self.age = max(age, .zero)
        }

        /// Keeps no jobs.
        public static let none = Retention(count: 0, age: .zero)
    }

    /// The name of the queue.
    public var name: QueueName
    /// The most jobs that run at the same time in this process.
    public var concurrency: Int
    /// When the place of a run is free for the next job.
    public var ack: AckMode
    /// Completed jobs to keep; 1,000 for an hour unless any worker declared otherwise.
    public var keepsCompleted: Retention?
    /// Cancelled jobs to keep; 10,000 for a day unless declared otherwise.
    public var keepsCancelled: Retention?
    /// Discarded jobs to keep; 10,000 for a week unless declared otherwise.
    public var keepsDiscarded: Retention?
    /// Deaths of workers under a job after which it is discarded; 5 unless declared otherwise.
    public var maxCrashes: Int?
    /// The limits of the queue, over all workers. All workers of a queue should declare the same limits. If one differs, it logs
    /// a warning, and so do the others.
    public var limits: [Limit]
    /// The number of this program's deploy, from 0, which rises with each deploy. If workers declare different limits, or
    /// different entries of ``cron`` under one name, the higher deploy wins; at equal numbers, the latest declaration. If no
    /// worker of the queue is alive, the latest declaration wins.
    public var deploy: Int
    /// The cron entries of the queue. All workers of a queue should declare the same entries; ``deploy`` decides between
    /// different ones of one name. An entry that is no longer declared stays until it is removed.
    public var cron: [Cron]

    /// Makes a queue by name, with defaults for the rest. Settings that are nil here stay as they are in Redis.
    public init(
        _ name: QueueName, concurrency: Int = 20, ack: AckMode = .batched, keepsCompleted: Retention? = nil,
        keepsCancelled: Retention? = nil, keepsDiscarded: Retention? = nil, maxCrashes: Int? = nil,
        limits: [Limit] = [], deploy: Int = 0, cron: [Cron] = []
    ) {
        self.name = name
        self.concurrency = max(concurrency, 1)
        self.ack = ack
        self.keepsCompleted = keepsCompleted
        self.keepsCancelled = keepsCancelled
        self.keepsDiscarded = keepsDiscarded
        self.maxCrashes = maxCrashes
        self.limits = limits
        self.deploy = deploy
        self.cron = cron
    }

    /// The declared settings in the library's format.
    var declarations: [String: String] {
        var values: [String: String] = [:]
        for (name, kept) in [("completed", keepsCompleted), ("cancelled", keepsCancelled), ("discarded", keepsDiscarded)] {
            if let kept { values[name] = "\(kept.count) \(kept.age.milliseconds)" }
        }
        if let maxCrashes { values["crashes"] = "\(max(maxCrashes, 1))" }
        return values
    }
}
