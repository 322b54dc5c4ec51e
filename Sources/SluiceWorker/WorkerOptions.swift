package import CoreMetrics

/// The options of a worker process.
public struct WorkerOptions: Sendable {
    /// How long jobs stay with this worker after its last sign of life. Each claim and settlement is one, and there is at least
    /// one every 0.4 leases. After a worker's death its jobs run elsewhere within a lease. 1 s to a day.
    public var lease: Duration
    /// How long a shutdown waits for runs before it cancels them and gives their jobs back.
    public var grace: Duration
    /// How long a cancelled handler may take to return. After that its job is settled without it, its place goes to the next job,
    /// and a later return value is dropped.
    public var cancellationGrace: Duration
    /// The name of the host for people; the system's host name unless given.
    public var host: String?
    /// The version of the program, for people, such as `2.3.1`. The page of workers, the HTTP API and `sluice workers list` show it.
    /// At most 128 bytes of it are told; nil and an empty text tell none.
    public var version: String?
    /// The most threads that handlers may block at the same time.
    public var maxThreads: Int
    /// The jobs after which `Worker.run()` returns; nil for no end. It claims no more than that. Each run counts, whatever its
    /// outcome; a job that could not begin here does not.
    public var maxJobs: Int?
    /// Whether `Worker.run()` returns once nothing can be claimed in any of its queues.
    ///
    /// That is: a claim in each queue brings nothing, no run of this worker goes on, Redis has all outcomes, and what they caused
    /// has arrived: follow-up jobs, steps of workflows, cron entries that were due. Jobs that are scheduled for later, that wait
    /// for their next attempt or for a limit, that run elsewhere or whose queue is paused do not keep the worker.
    ///
    /// Both ends are in order and without a time limit: runs end, and the worker waits for Redis, so that nothing stays claimed.
    /// A graceful shutdown meanwhile brings back the grace. In a `ServiceGroup`, give the worker a `successTerminationBehavior` of
    /// `.gracefullyShutdownGroup`.
    public var stopsWhenEmpty: Bool
    /// The length of one blocking call for tokens. Beats do not depend on it.
    package var blockingSpan: Duration = .seconds(20)
    /// The backend for metrics; nil for that of the process.
    package var metrics: (any MetricsFactory)?
    /// A further limit on claims, for comparisons.
    package var admission: (any Admission)?

    /// Sets the options; each has a default for the common case.
    public init(
        lease: Duration = .seconds(30), grace: Duration = .seconds(30), cancellationGrace: Duration = .seconds(5),
        host: String? = nil, maxThreads: Int = 64, version: String? = nil, maxJobs: Int? = nil, stopsWhenEmpty: Bool = false
    ) {
        self.lease = min(max(lease, .seconds(1)), .seconds(86_400))
        self.grace = max(grace, .zero)
        self.cancellationGrace = max(cancellationGrace, .zero)
        self.host = host
        self.maxThreads = max(maxThreads, 1)
        self.version = version
        self.maxJobs = maxJobs.map { max($0, 1) }
        self.stopsWhenEmpty = stopsWhenEmpty
    }
}
