/// How long to wait before the next try of what has failed.
///
/// Half of the wait is random, so that clients that lost the same server do not come back together
/// ("equal jitter", https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
package struct Backoff: Hashable, Sendable {
    /// The longest wait after the first failure.
    package var first: Duration
    /// The longest wait at all.
    package var cap: Duration

    package init(first: Duration = .milliseconds(50), cap: Duration = .seconds(2)) {
        self.first = first
        self.cap = cap
    }

    /// The wait after so many failures in a row, which doubles with each; `random` is from 0 to 1.
    package func delay(failures: Int, random: Double = .random(in: 0...1)) -> Duration {
        let doublings = min(max(failures - 1, 0), 30)
        let full = min(first * (1 << doublings), cap)
        return full / 2 + full / 2 * random
    }
}
