public import SluiceCore
import SluiceStore

/// A worker of a queue, as the server knows it.
public struct WorkerStatus: Sendable, Hashable {
    /// The queue. A process that serves several queues is a worker of each.
    public var queue: QueueName
    /// The worker: host, process id and a random part.
    public var worker: WorkerID
    /// The rest of the worker's lease. Negative after its end: the worker is dead or disconnected, and its jobs will soon be
    /// reclaimed.
    public var lease: Duration
    /// Jobs that the worker runs, or whose outcomes Redis does not have yet.
    public var jobs: Int
    /// The information that the process reported, as JSON text.
    public var info: String
}

extension Inspector {
    /// Returns the workers of a queue, at most 1,000, the lease that ends first in front.
    /// - Throws: a server error if Redis cannot be used.
    public func workers(of queue: QueueName) async throws(SluiceError) -> [WorkerStatus] {
        try await store.call(ListWorkers(), on: queue).map {
            WorkerStatus(queue: queue, worker: $0.worker, lease: $0.lease, jobs: $0.held, info: $0.info)
        }
    }

    /// Returns the workers of all queues.
    /// - Throws: a server error if Redis cannot be used.
    public func workers() async throws(SluiceError) -> [WorkerStatus] {
        try await each(of: queues()) { queue throws(SluiceError) in try await self.workers(of: queue) }.flatMap { $0 }
    }
}
