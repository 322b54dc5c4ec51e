public import SluiceCore
import SluiceStore

extension Inspector {
    /// Returns the status of one queue. A queue that was never used has zeros.
    /// - Throws: `invalidArgument` for an invalid name; a server error if Redis cannot be used.
    public func status(of queue: QueueName) async throws(SluiceError) -> QueueStatus {
        QueueStatus(queue, reply: try await store.call(Status(), on: queue))
    }

    /// Returns the status of all queues ever used, sorted by name, each at its own instant.
    /// - Throws: a server error if Redis cannot be used.
    public func status() async throws(SluiceError) -> [QueueStatus] {
        try await each(of: queues()) { queue throws(SluiceError) in try await self.status(of: queue) }
    }

    /// Pauses a queue: no job is claimed until it is resumed. Running jobs go on, and new jobs can be enqueued.
    /// - Parameters:
    ///   - queue: The queue.
    ///   - reason: The reason that ``status(of:)`` shows; if empty, that of the inspector, ``reason``.
    ///   - mayBeNew: Whether an unused queue is created. Otherwise a mistyped name creates none.
    /// - Returns: False if the queue was already paused. A new reason replaces the earlier one.
    /// - Throws: `invalidArgument` for a queue that no client or worker has used; a server error if Redis cannot be used.
    @discardableResult
    public func pause(
        _ queue: QueueName, reason: String = "", mayBeNew: Bool = false
    ) async throws(SluiceError) -> Bool {
        let reason = reason.isEmpty ? self.reason : reason
        return try await acting(as: author, reason: reason).recordChange(.queuesPause, in: queue) {
            () async throws(SluiceError) in
            let isNew = try await store.call(Pause(reason: reason, mayBeNew: mayBeNew), on: queue)
            if mayBeNew { try await store.register(queue) }
            return isNew
        }
    }

    /// Ends a pause. Waiting workers start at once.
    /// - Returns: False if the queue was not paused.
    /// - Throws: `invalidArgument` for a queue that no client or worker has used; a server error if Redis cannot be used.
    @discardableResult
    public func resume(_ queue: QueueName) async throws(SluiceError) -> Bool {
        try await recordChange(.queuesResume, in: queue) { () async throws(SluiceError) in
            try await store.call(Resume(), on: queue)
        }
    }
}

extension Inspector {
    /// Whether a client, a worker or an operator has used a queue.
    package func isUsed(_ queue: QueueName) async throws(SluiceError) -> Bool { try await usedStatus(of: queue) != nil }

    /// The status of a queue; nil if nothing has used it.
    package func usedStatus(of queue: QueueName) async throws(SluiceError) -> QueueStatus? {
        let status = try await status(of: queue)
        if !status.isUnused { return status }
        return try await queues().contains(queue) ? status : nil
    }

    /// The status of a queue.
    /// - Throws: `invalidArgument` for a queue that nothing has used, whose name may be mistyped.
    @discardableResult
    package func requireUsed(_ queue: QueueName) async throws(SluiceError) -> QueueStatus {
        guard let status = try await usedStatus(of: queue) else { throw .unknownQueue(queue) }
        return status
    }
}
