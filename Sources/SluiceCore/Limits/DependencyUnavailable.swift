/// Thrown by a handler when what the job depends on is down, and nothing is wrong with the job itself.
///
/// No attempt is spent. The job waits until the dependency's breaker lets it try again, or at least a second, doubling to five
/// minutes with each such wait, and then takes its old place. Failures open the breaker, so that other jobs wait as well. Thrown after
/// the run's timeout, because a call that hung was cut off, it means the same.
public struct DependencyUnavailable: RetryAfter, Hashable, CustomStringConvertible {
    /// What is down: the name of something the job needs, or of one of its partitions, whose breaker then counts the failure.
    /// With any other name the job waits, and nothing is counted.
    public var dependency: String
    /// How long the dependency asked to be left alone, such as by a `Retry-After` header. Its breaker opens at once until then,
    /// for an hour at most; the job waits a day at most, and no less than it would anyway.
    public var retryAfter: Duration?
    /// What happened, for people.
    public var reason: String?

    /// Names what is down.
    public init(_ dependency: String, retryAfter: Duration? = nil, reason: String? = nil) {
        self.dependency = dependency
        self.retryAfter = retryAfter
        self.reason = reason
    }

    /// The text for people.
    public var description: String { "\(dependency) is unavailable" + (reason.map { ": " + $0 } ?? "") }
}
