public import SluiceCore

/// Jobs that a ``TestNamespace/drain(with:)`` has left, since they wait for something that no worker brings about.
public struct WaitingJobs: Sendable, Hashable, CustomStringConvertible {
    /// What they wait for.
    public enum Reason: Sendable, Hashable {
        /// For their time, by the virtual clock: scheduled or retryable.
        case due
        /// For a gate that a rate keeps shut; `*` is the queue's own, such as `host=tmdb` that of a partition.
        case rate(gate: String)
        /// For a gate whose breaker is open.
        case breaker(gate: String)
        /// For a dependency that is switched off.
        case dependency(name: String)
        /// For a place at a gate.
        case place(gate: String)
        /// For the queue to be resumed.
        case pause
    }

    /// The queue.
    public var queue: QueueName
    /// What they wait for.
    public var reason: Reason
    /// How far to ``TestNamespace/advance(by:)`` until the first of them may run; nil if time alone does not let them.
    public var until: Duration?

    /// What a drain is expected to leave.
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
