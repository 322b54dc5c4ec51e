public import SluiceCore

/// Jobs that ``TestNamespace/drain(with:)`` left, since they wait for something that no worker causes.
public struct WaitingJobs: Sendable, Hashable, CustomStringConvertible {
    /// The cause of the wait.
    public enum Reason: Sendable, Hashable {
        /// Its due time on the virtual clock: it is scheduled or retryable.
        case due
        /// A gate whose rate is spent. `*` is the queue's own gate; `host=tmdb` is one of a partition.
        case rate(gate: String)
        /// A gate whose breaker is open.
        case breaker(gate: String)
        /// A dependency that is switched off.
        case dependency(name: String)
        /// A free place at a gate.
        case place(gate: String)
        /// The end of the queue's pause.
        case pause
    }

    /// The queue of the jobs.
    public var queue: QueueName
    /// The cause of their wait.
    public var reason: Reason
    /// How far to ``TestNamespace/advance(by:)`` until the first job may run; nil if time alone is not enough.
    public var until: Duration?

    /// Makes a value to compare with the result of a drain.
    public init(queue: QueueName, reason: Reason, until: Duration? = nil) {
        self.queue = queue
        self.reason = reason
        self.until = until
    }

    /// One line for people, such as `work: the rate of host=tmdb, 20.0 seconds from now`.
    public var description: String {
        let what =
            switch reason {
            case .due: "jobs that are due later"
            case .rate(let gate): "jobs that wait for the rate of \(gate == "*" ? "the queue" : gate)"
            case .breaker(let gate): "jobs that wait for the breaker of \(gate)"
            case .dependency(let name): "jobs that wait for \(name), which is switched off"
            case .place(let gate): "jobs that wait for a place at \(gate == "*" ? "the queue's limit" : gate)"
            case .pause: "jobs that wait for the queue to be resumed"
            }
        return "\(queue): \(what)" + (until.map { ", the first \($0) from now: advance the clock by that" } ?? "")
    }
}
