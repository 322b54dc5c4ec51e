public import SluiceCore
import SluiceStore

extension Inspector {
    /// One queue at one instant. A queue that was never used is there with zeros.
    /// - Throws: `invalidArgument` for a name that is none; else what Redis or the way to it came up with.
    public func status(of queue: QueueName) async throws(SluiceError) -> QueueStatus {
        QueueStatus(queue, reply: try await store.call(Status(), on: queue))
    }

    /// All queues that were ever used, in order of their names, each at an instant of its own.
    public func status() async throws(SluiceError) -> [QueueStatus] {
        try await each(of: queues()) { queue throws(SluiceError) in try await self.status(of: queue) }
    }

    /// From the next claim on, no job of the queue is claimed until it is resumed. What runs goes on; enqueueing stays possible.
    /// - Parameter reason: Shown by ``status(of:)``.
    /// - Returns: False if it was paused already; the earlier reason then stands.
    /// - Throws: `invalidArgument` for a queue that no client and no worker has used: a mistyped name makes no queue.
    @discardableResult
    public func pause(_ queue: QueueName, reason: String = "") async throws(SluiceError) -> Bool {
        guard try await store.isKnown(queue) else {
            throw SluiceError(
                .invalidArgument, "there is no queue '\(queue)' to pause: no job was ever enqueued in it, and no worker serves it"
            )
        }
        return try await store.call(Pause(reason: reason), on: queue)
    }

    /// Ends a pause; waiting workers start at once.
    /// - Returns: False if it was not paused.
    @discardableResult
    public func resume(_ queue: QueueName) async throws(SluiceError) -> Bool {
        try await store.call(Resume(), on: queue)
    }
}
