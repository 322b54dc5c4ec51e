public import SluiceCore
import SluiceStore

/// A worker of a queue as the server knows it.
public struct WorkerStatus: Sendable, Hashable {
    /// The queue. A process that serves several is a worker of each.
    public var queue: QueueName
    /// The worker: host, process id and a random part.
    public var worker: WorkerID
    /// What is left of its lease. Negative once it has ended: the worker is dead or cut off, and its jobs are about to be
    /// taken back.
    public var lease: Duration
    /// Jobs that it runs, or has finished without Redis knowing yet.
    public var jobs: Int
    /// What its process told of itself, as the text of a JSON object.
    public var info: String
}

extension Inspector {
    /// Workers of a queue, the one whose lease ends first in front; at most 1,000.
    public func workers(of queue: QueueName) async throws(SluiceError) -> [WorkerStatus] {
        try await store.call(ListWorkers(), on: queue).map {
            WorkerStatus(queue: queue, worker: $0.worker, lease: $0.lease, jobs: $0.held, info: $0.info)
        }
    }

    /// Workers of all queues.
    public func workers() async throws(SluiceError) -> [WorkerStatus] {
        try await each(of: queues()) { queue throws(SluiceError) in try await self.workers(of: queue) }.flatMap { $0 }
    }
}
