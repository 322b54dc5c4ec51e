/// How long to wait before the next attempt to connect.
///
/// Half of the wait is random, so that clients that lost the same server do not come back together
/// ("equal jitter", https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
struct Backoff: Sendable {
    var first: Duration = .milliseconds(50)
    var cap: Duration = .seconds(2)

    /// The wait after so many failures in a row; `random` is from 0 to 1.
    func delay(failures: Int, random: Double) -> Duration {
        let doublings = min(max(failures - 1, 0), 30)
        let full = min(first * (1 << doublings), cap)
        return full / 2 + full / 2 * random
    }
}
