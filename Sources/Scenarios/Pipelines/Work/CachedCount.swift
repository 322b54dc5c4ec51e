import Sluice
import SluiceCore
import SluiceWorker
import Synchronization

/// What a worker of the original goes by: its own copy of the record of what it runs.
///
/// A claim adds to record and copy. Outcomes that are acknowledged together with the next claim are taken from both. One that is
/// acknowledged at once, by the job's own process, is taken from the record alone, and the copy is not read again: with
/// synchronous acknowledgement it only grows, and at the queue's limit this worker claims nothing more, for ever. The records of
/// other workers, which the original read from the database, are what the limits in Redis stand for here.
final class CachedCount: Admission {
    private let limits: [QueueName: Int]
    private let isRefreshed: Bool
    private let claimed = Mutex<[QueueName: Int]>([:])

    /// - Parameter limits: the jobs that may run at a time, of queues that have such a limit.
    init(limits: [QueueName: Int], ack: Queue.AckMode) {
        self.limits = limits
        isRefreshed = ack == .batched
    }

    func room(in queue: QueueName, running: Int) -> Int {
        guard let limit = limits[queue] else { return .max }
        return limit - (isRefreshed ? running : claimed.withLock { $0[queue, default: 0] })
    }

    func claimed(_ count: Int, in queue: QueueName) { claimed.withLock { $0[queue, default: 0] += count } }
}
