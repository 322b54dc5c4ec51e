public import Sluice
public import SluiceCore

/// A queue as a worker serves it.
public struct Queue: Sendable {
    /// When a place is free for the next job.
    public enum AckMode: String, Sendable, Hashable, CaseIterable {
        /// As soon as the handler returns; outcomes travel together, in the call that claims the next jobs. A worker that dies
        /// has the jobs run again whose outcomes were not stored yet.
        case batched
        /// Only after Redis has the outcome. Slower, and fewer jobs run again when a worker dies.
        case confirmed
    }

    /// How many ended jobs are kept to be looked at, and how long, whichever is less.
    public struct Retention: Sendable, Hashable {
        /// The most that are kept.
        public var count: Int
        /// How long.
        public var age: Duration

        /// Both bounds.
        public init(count: Int, age: Duration) {
            self.count = max(count, 0)
            self.age = max(age, .zero)
        }

        /// Nothing is kept.
        public static let none = Retention(count: 0, age: .zero)
    }

    /// Its name.
    public var name: QueueName
    /// Jobs that run at the same time in this process.
    public var concurrency: Int
    /// When a place is free.
    public var ack: AckMode
    /// Completed jobs to keep; 1,000 and an hour unless some queue declared otherwise.
    public var keepsCompleted: Retention?
    /// Cancelled jobs to keep; 10,000 and a day unless declared otherwise.
    public var keepsCancelled: Retention?
    /// Discarded jobs to keep; 10,000 and a week unless declared otherwise.
    public var keepsDiscarded: Retention?
    /// Deaths of a worker under a job after which it is discarded; 5 unless declared otherwise.
    public var maxCrashes: Int?
    /// What its jobs may take, over all workers. Every worker of a queue should declare the same; one that differs is warned of,
    /// and so is everyone else.
    public var limits: [Limit]
    /// The number of the deploy that this program is of, 0 or above: rises with each. Of two declarations of limits, or of one entry of
    /// ``cron``, the higher deploy's stands; at the same number, the last. Where no worker of the queue lives, the last of all stands.
    public var deploy: Int
    /// What recurs in it. Every worker of a queue should declare the same: where two declare one name differently, ``deploy``
    /// decides. One that is not declared any more stays until it is removed.
    public var cron: [Cron]

    /// A queue by name, with defaults for the rest. What is nil here stays as it is in Redis.
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

    /// What it declares, as the library takes it.
    var declarations: [String: String] {
        var values: [String: String] = [:]
        for (name, kept) in [("completed", keepsCompleted), ("cancelled", keepsCancelled), ("discarded", keepsDiscarded)] {
            if let kept { values[name] = "\(kept.count) \(kept.age.milliseconds)" }
        }
        if let maxCrashes { values["crashes"] = "\(max(maxCrashes, 1))" }
        return values
    }
}
