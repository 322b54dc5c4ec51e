/// Defaults for jobs of a kind. An enqueue can override them.
public struct JobOptions: Sendable {
    /// The queue of the jobs.
    public var queue: QueueName
    /// The priority, from 0 (first) to 9 (last).
    public var priority: Int
    /// Failed attempts after which the job is discarded. Releases, snoozes and crashes of a worker do not count.
    public var maxAttempts: Int
    /// The wait between attempts.
    public var retry: RetryPolicy
    /// The time limit of a run. At the limit its Swift task is cancelled, and the run counts as a failed attempt. None by default.
    public var timeout: Duration?
    /// Whether the completed job keeps the handler's output, as JSON.
    public var keepsResult: Bool
    /// External dependencies of the jobs.
    public var needs: [Dependency]
    /// How often a job may wait for a failed dependency before it is discarded. Unbounded by default.
    public var maxWaits: Int?
    /// Whether arguments, results and recorded steps are encrypted with the client's ``PayloadKeys``.
    public var isEncrypted: Bool
    /// Names of JSON fields whose values are hidden from people: members of the arguments and of the result, at any depth. Their
    /// values are also removed from the texts of errors and of progress.
    public var redacted: [String]
    /// The uniqueness rule: at most one of equal jobs is live. None by default.
    public var unique: Unique?
    /// Time from the enqueue, by the server's clock, after which a job that has not ended is cancelled, whatever it waits for: 1 ms
    /// to 300 years. None by default.
    public var deadline: Duration?

    /// Makes options, each with a default for the common case.
    public init(
        queue: QueueName = "default", priority: Int = 5, maxAttempts: Int = 20, retry: RetryPolicy = .exponential(),
        timeout: Duration? = nil, keepsResult: Bool = false, needs: [Dependency] = [], maxWaits: Int? = nil,
        isEncrypted: Bool = false, redacted: [String] = [], unique: Unique? = nil, deadline: Duration? = nil
    ) {
        self.queue = queue
        self.priority = priority
        self.maxAttempts = maxAttempts
        self.retry = retry
        self.timeout = timeout
        self.keepsResult = keepsResult
        self.needs = needs
        self.maxWaits = maxWaits
        self.isEncrypted = isEncrypted
        self.redacted = redacted
        self.unique = unique
        self.deadline = deadline
    }
}
