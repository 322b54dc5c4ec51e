public import SluiceCore
import SluiceStore

extension Inspector {
    /// The limits of a queue, and the gates where jobs are held.
    /// - Parameters:
    ///   - queue: The queue.
    ///   - gate: One gate only, such as `account=42` or `tmdb`; `*` for the queue's own, which looks at no other.
    /// - Throws: `invalidArgument` for a gate that can be none.
    public func limits(of queue: QueueName, gate: String? = nil) async throws(SluiceError) -> QueueLimits {
        QueueLimits(queue, reply: try await store.call(Limits(gate: gate), on: queue))
    }

    /// The limits of all queues, those that have none included.
    public func limits() async throws(SluiceError) -> [QueueLimits] {
        try await each(of: queues()) { queue throws(SluiceError) in try await self.limits(of: queue) }
    }

    /// Puts another value in the place of what code declares, at once and for all workers. Deployments do not end it.
    /// - Parameters:
    ///   - limit: Its name: `concurrency`, `rate/host`, `breaker/host`; of one value of a partition `concurrency/account=42`,
    ///     `weight/account=42`.
    ///   - value: `12`; `40/10s` for a rate; `5/30s/20s` for a breaker: failures, within, cools for; `none` for no limit.
    ///   - queue: The queue.
    ///   - span: After how long it ends by itself; nil for never.
    /// - Returns: Name and value as they are kept.
    /// - Throws: `invalidArgument` for a name or value that makes no sense.
    @discardableResult
    public func override(
        _ limit: String, to value: String, in queue: QueueName, for span: Duration? = nil
    ) async throws(SluiceError) -> QueueLimits.Setting {
        let name = try LimitName(parsing: limit)
        let value = try LimitValue(parsing: value, of: name.kind)
        try await store.call(Override(name, value, for: span), on: queue)
        try await store.register(queue)
        return QueueLimits.Setting(name: name.text, value: value.text)
    }

    /// What a limit is on that no declared limit and no job of a queue has, as far as they can be looked through: the name may be
    /// mistyped. Nil for one that is known, and for limits on the whole queue.
    package func unknownDimension(of limit: String, in queue: QueueName) async throws(SluiceError) -> String? {
        guard let dimension = try LimitName(parsing: limit).dimension else { return nil }
        return try await store.call(DiagnoseDimension(dimension), on: queue) ? nil : dimension
    }

    /// Ends an override: what is declared counts again.
    /// - Returns: False if there was none.
    @discardableResult
    public func restore(_ limit: String, in queue: QueueName) async throws(SluiceError) -> Bool {
        try await store.call(Restore(try LimitName(parsing: limit)), on: queue)
    }
}
