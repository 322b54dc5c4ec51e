/// The wait before the next try after failures.
///
/// Half of the wait is random, so that clients that lost the same server do not reconnect at the same moment ("equal jitter",
/// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
package struct Backoff: Hashable, Sendable {
    /// The longest wait after the first failure.
    package var first: Duration
    /// The longest wait after any number of failures.
    package var cap: Duration

    package init(first: Duration = .milliseconds(50), cap: Duration = .seconds(2)) {
        self.first = first
        self.cap = cap
    }

    /// The wait after `failures` failures in a row, doubled with each; `random` is from 0 to 1.
    package func delay(failures: Int, random: Double = .random(in: 0...1)) -> Duration {
        let doublings = min(max(failures - 1, 0), 30)
        let full = min(first * (1 << doublings), cap)
        return full / 2 + full / 2 * random
    }
}
