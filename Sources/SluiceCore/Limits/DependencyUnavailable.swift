/// A handler throws this error when a dependency is down and the job itself is fine.
///
/// No attempt is spent. The job waits until the dependency's breaker lets it try again, or for at least a second, doubled with
/// each such wait up to five minutes, and then takes its old place. These failures open the breaker, so that other jobs wait as
/// well. The error means the same after the run's timeout, when a call that hung was cut off.
public struct DependencyUnavailable: RetryAfter, Hashable, CustomStringConvertible {
    /// The dependency that is down: the name of one of the job's needs, or of one of its partitions. Its breaker counts the
    /// failure. With any other name the job waits, and nothing is counted.
    public var dependency: String
    /// How long the dependency asked to be left alone, such as in a `Retry-After` header. Its breaker opens at once for that
    /// time, for an hour at most. The job waits that long, a day at most, but never shorter than without it.
    public var retryAfter: Duration?
    /// A description of the failure for people.
    public var reason: String?

    /// Makes an error for the dependency that is down.
    public init(_ dependency: String, retryAfter: Duration? = nil, reason: String? = nil) {
        self.dependency = dependency
        self.retryAfter = retryAfter
        self.reason = reason
    }

    /// A text for people.
    public var description: String { "\(dependency) is unavailable" + (reason.map { ": " + $0 } ?? "") }
}
