package import CoreMetrics

/// How a worker process behaves.
public struct WorkerOptions: Sendable {
    /// How long its jobs stay its own after the last sign of life. It gives one each time it settles or claims, and at least
    /// every 0.4 leases. After a worker's death its jobs run elsewhere within a lease. 1 s to a day.
    public var lease: Duration
    /// How long a shutdown waits for what runs before it is cancelled and given back.
    public var grace: Duration
    /// How long a handler that was cancelled may take to return. After that its job is settled without it, its place is given
    /// to the next, and what it may still return is dropped.
    public var cancellationGrace: Duration
    /// The name that people see; the host's unless given.
    public var host: String?
    /// Threads that handlers may block at the same time, at most.
    public var maxThreads: Int
    /// How long one blocking call for tokens lasts. Beats do not depend on it.
    package var blockingSpan: Duration = .seconds(20)
    /// Where metrics go, if not to the backend of the process.
    package var metrics: (any MetricsFactory)?
    /// Asked before each claim, if there is one.
    package var admission: (any Admission)?

    /// Options, each with a default for the common case.
    public init(
        lease: Duration = .seconds(30), grace: Duration = .seconds(30), cancellationGrace: Duration = .seconds(5),
        host: String? = nil, maxThreads: Int = 64
    ) {
        self.lease = min(max(lease, .seconds(1)), .seconds(86_400))
        self.grace = max(grace, .zero)
        self.cancellationGrace = max(cancellationGrace, .zero)
        self.host = host
        self.maxThreads = max(maxThreads, 1)
    }
}
