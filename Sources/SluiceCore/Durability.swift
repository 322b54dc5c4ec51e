/// How many copies of a job have to exist before its enqueue returns.
///
/// Anything but ``primary`` makes the call wait, on a connection that only such calls use. If the time is over first, the call
/// throws `notConfirmed`: the jobs are in Redis all the same, and ``SluiceError/jobs`` names them. Enqueueing a job again by its id
/// waits for its confirmation again and adds nothing.
public enum Durability: Hashable, Sendable {
    /// The primary has accepted the job. A failover may lose what its replica did not have yet.
    case primary
    /// At least that many replicas, 1 to 100, have the job as well, in their memory, within a time of 1 ms to 10 minutes. It is no
    /// consensus: a failover that promotes another replica still loses the job.
    case replicas(Int, within: Duration)
    /// The primary has synced its append-only file with the job in it, within a time of 1 ms to 10 minutes. It needs Redis 7.2 or
    /// later, and `appendonly yes`.
    case fsync(within: Duration)

    /// Refuses numbers and times out of range.
    /// - Throws: `invalidArgument`.
    package func validated() throws(SluiceError) -> Durability {
        if case .replicas(let count, _) = self, !(1...100).contains(count) {
            throw SluiceError(.invalidArgument, "a job can be confirmed by 1 to 100 replicas, not by \(count)")
        }
        guard self == .primary || (.milliseconds(1)...(.seconds(600))).contains(limit) else {
            throw SluiceError(.invalidArgument, "a confirmation is waited for from 1 ms to 10 minutes, not for \(limit)")
        }
        return self
    }

    /// The longest wait for a confirmation.
    package var limit: Duration {
        switch self {
        case .primary: .zero
        case .replicas(_, let within), .fsync(let within): within
        }
    }
}
