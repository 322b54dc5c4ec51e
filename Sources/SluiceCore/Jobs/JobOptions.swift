/// How jobs of a kind are treated unless one is enqueued otherwise.
public struct JobOptions: Sendable {
    /// The queue they go to.
    public var queue: QueueName
    /// 0 (first) to 9 (last).
    public var priority: Int
    /// Runs that may end badly before the job is discarded. Releases, snoozes and crashes of a worker do not count.
    public var maxAttempts: Int
    /// The wait between attempts.
    public var retry: RetryPolicy
    /// How long a run may take. Its Swift task is cancelled then, and the run counts as one that ended badly.
    public var timeout: Duration?
    /// Whether what the handler returns is kept with the completed job, as JSON.
    public var keepsResult: Bool
    /// What jobs of this kind depend on outside.
    public var needs: [Dependency]
    /// How often a job may wait because a dependency failed before it is discarded. Without a bound unless given.
    public var maxWaits: Int?
    /// Whether arguments, results and recorded steps are encrypted with the client's ``PayloadKeys``.
    public var isEncrypted: Bool
    /// Names of fields whose values people are not shown: members of the arguments and of the result, at any depth, by their names
    /// in JSON. What they hold is taken out of the texts of errors and of progress as well.
    public var redacted: [String]
    /// What makes a job of this kind equal to another one, of which at most one lives. None are unless given.
    public var unique: Unique?
    /// How long after its enqueue, by the server's clock, a job that has not ended is cancelled, whatever it waits for: from a
    /// millisecond to 300 years. Without one unless given.
    public var deadline: Duration?

    /// Options, each with a default for the common case.
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
