/// The wait after a failed attempt.
public struct RetryPolicy: Sendable {
    private let delay: @Sendable (_ attempt: Int) -> Duration

    /// A year, the longest wait for the next attempt.
    package static let longest = Duration.seconds(365 * 86_400)

    private init(_ delay: @escaping @Sendable (Int) -> Duration) { self.delay = delay }

    /// The wait after attempt number `attempt`, which counts from 1; zero to one year. A worker waits at least 1 ms after the first
    /// attempt, doubled with each further one up to a second, so that no policy becomes a busy loop.
    public func delay(after attempt: Int) -> Duration {
        min(max(delay(max(attempt, 1)), .zero), Self.longest)
    }

    /// `base`, doubled with every attempt, up to `cap`, then varied by up to `jitter` of itself, so that jobs that failed together
    /// do not come back together. A `jitter` of 0.2 is ± 20 %.
    public static func exponential(
        base: Duration = .seconds(2), cap: Duration = .seconds(3600), jitter: Double = 0.2
    ) -> RetryPolicy {
        RetryPolicy { attempt in
            let doubled = base.seconds * Double(sign: .plus, exponent: min(attempt - 1, 60), significand: 1)
            let spread = min(max(jitter, 0), 1)
            return .fractional(min(doubled, cap.seconds) * Double.random(in: (1 - spread)...(1 + spread)))
        }
    }

    /// n⁴ + 15 s, and up to 10 s more for each attempt: the schedule that Sidekiq made common. 25 attempts take three weeks.
    public static let classic = RetryPolicy { attempt in
        let n = Double(min(attempt, 1000))
        return .fractional(n * n * n * n + 15 + Double.random(in: 0...10) * n)
    }

    /// Always the same wait.
    public static func fixed(_ wait: Duration) -> RetryPolicy { RetryPolicy { _ in wait } }

    /// A wait of your own, computed from the number of the attempt.
    public static func custom(_ delay: @escaping @Sendable (_ attempt: Int) -> Duration) -> RetryPolicy { RetryPolicy(delay) }
}

/// An error that says when the next attempt makes sense, such as one made from a `Retry-After` header.
public protocol RetryAfter: Error {
    /// The wait until the next attempt; nil leaves it to the policy. It can only lengthen the policy's wait, up to a day. So a peer
    /// that answers `Retry-After: 0`, or whose clock is slow, does not spend all attempts at once.
    var retryAfter: Duration? { get }

    /// The error that this one wraps, so that a ``DependencyUnavailable`` inside is found. None by default.
    var cause: (any Error)? { get }
}

extension RetryAfter {
    /// No wrapped error, by default.
    public var cause: (any Error)? { nil }
}
