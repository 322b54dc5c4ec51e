import SluiceCore

/// The times of a worker process. All of them follow from one, the longest time that a job may take.
///
/// | time | is |
/// |---|---|
/// | grace | the longest job, so that a stop lets every run end; 30 s without one |
/// | lease | the longest job, but 10 s at least and 30 s at most; 30 s without one. A worker renews it while a job runs |
/// | stop | grace + cancellation + farewell: `TimeoutStopSec`, `terminationGracePeriodSeconds` |
package struct ServiceTimes: Sendable, Hashable {
    /// Times that cannot hold together, told in one line.
    package struct Contradiction: Error, Hashable, CustomStringConvertible {
        package var description: String

        package init(description: String) { self.description = description }
    }

    /// The grace and the lease of a worker of which nothing is known.
    package static let standard = Duration.seconds(30)
    /// The lease below which a pause of the host, or a failover of Redis, takes the jobs of a worker that lives.
    package static let shortestLease = Duration.seconds(10)
    /// The leases that Redis takes.
    package static let leases = Duration.seconds(1) ... .seconds(86_400)
    /// The time for the end of a process once its last run has ended: 5 s in which it waits for Redis, the call that is then under
    /// way, 10 s, the farewell, 2 s, and a rest for the connections.
    package static let farewell = Duration.seconds(20)

    package let longestJob: Duration?
    /// How long after the death of a worker its jobs run elsewhere.
    package let lease: Duration
    /// How long a stop waits for runs.
    package let grace: Duration
    /// How long a run that is cancelled may take to end.
    package let cancellation: Duration

    /// - Parameters:
    ///   - longestJob: the longest time that a job may take, if that is known.
    ///   - lease: the lease, if it does not follow.
    ///   - grace: the grace, if it does not follow.
    package init(longestJob: Duration? = nil, lease: Duration? = nil, grace: Duration? = nil, cancellation: Duration)
        throws(Contradiction)
    {
        if let longestJob {
            if longestJob <= .zero { throw Contradiction(description: "--longest-job is above 0") }
            if let grace, grace < longestJob {
                let (short, long) = (DurationText.exact(grace), DurationText.exact(longestJob))
                throw Contradiction(
                    description: "--grace \(short) is shorter than --longest-job \(long): a stop would end such a job. "
                        + "Leave --grace out, or give \(long) or more")
            }
        }
        if let lease, !Self.leases.contains(lease) { throw Contradiction(description: "--lease is 1s to 1d") }
        self.longestJob = longestJob
        self.lease = lease ?? longestJob.map { min(max($0, Self.shortestLease), Self.standard) } ?? Self.standard
        self.grace = grace ?? longestJob ?? Self.standard
        self.cancellation = cancellation
    }

    /// The longest time from the signal that stops a process to its end.
    package var stop: Duration { grace + cancellation + Self.farewell }

    /// The same in whole seconds, for `TimeoutStopSec` and `terminationGracePeriodSeconds`.
    package var stopSeconds: Int {
        let (seconds, rest) = stop.components
        return Int(seconds) + (rest > 0 ? 1 : 0)
    }
}
