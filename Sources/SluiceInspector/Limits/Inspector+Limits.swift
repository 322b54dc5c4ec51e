public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Inspector {
    /// Returns the limits of a queue and the gates where jobs are held.
    /// - Parameters:
    ///   - queue: The queue.
    ///   - gate: One gate only, such as `account=42` or `tmdb`. `*` is the queue's own gate; no other gate is read then.
    /// - Throws: `invalidArgument` for an invalid gate; a server error if Redis cannot be used.
    public func limits(of queue: QueueName, gate: String? = nil) async throws(SluiceError) -> QueueLimits {
        QueueLimits(queue, reply: try await store.call(Limits(gate: gate), on: queue))
    }

    /// Returns the limits of all queues, including queues without limits.
    /// - Throws: a server error if Redis cannot be used.
    public func limits() async throws(SluiceError) -> [QueueLimits] {
        try await each(of: queues()) { queue throws(SluiceError) in try await self.limits(of: queue) }
    }

    /// Returns up to ten of the jobs that hold places at a gate, the one that has run longest in front, and up to ten of the lanes
    /// that wait there.
    /// - Parameters:
    ///   - gate: The gate, as ``GateStatus/gate`` has it.
    ///   - queue: The queue.
    /// - Throws: a server error if Redis cannot be used.
    public func holders(
        of gate: String, in queue: QueueName
    ) async throws(SluiceError) -> (holders: [Explanation.Holder], lanes: [String]) {
        let found = try await store.call(Holders(gate), on: queue)
        let holders = found.holders.map {
            Explanation.Holder(id: $0.id, worker: $0.worker, since: Date(milliseconds: $0.since))
        }
        return (holders, found.lanes)
    }

    /// Overrides a declared limit, at once and for all workers. The override survives deployments.
    /// - Parameters:
    ///   - limit: The name of the limit: `concurrency`, `rate/host`, `breaker/host`; for one value of a partition
    ///     `concurrency/account=42`, `weight/account=42`.
    ///   - value: `12`; `40/10s` for a rate; `5/30s/20s` for a breaker: failures, within, cools for; `none` for no limit.
    ///   - queue: The queue.
    ///   - span: The time after which the override ends by itself; nil for never.
    ///   - mayBeNew: Whether an unused queue is created. Otherwise a mistyped name creates none.
    /// - Returns: The name and value as they are stored.
    /// - Throws: `invalidArgument` for an invalid name or value, and for an unused queue; a server error if Redis cannot be used.
    @discardableResult
    public func override(
        _ limit: String, to value: String, in queue: QueueName, for span: Duration? = nil, mayBeNew: Bool = false
    ) async throws(SluiceError) -> QueueLimits.Setting {
        let name = try LimitName(parsing: limit)
        let value = try LimitValue(parsing: value, of: name.kind)
        let end = span.map { " --for \(ActionTarget.duration($0))" } ?? ""
        return try await record(.limitsSet, on: "\(name.text) \(value.text)\(end)", in: queue) {
            (tally) async throws(SluiceError) in
            try await store.call(Override(name, value, for: span, mayBeNew: mayBeNew), on: queue)
            tally.count(true)
            try await store.register(queue)
            return QueueLimits.Setting(name: name.text, value: value.text)
        }
    }

    /// The dimension of a limit if no declared limit and no job of the queue has it, as far as they can be searched; the name may
    /// then be mistyped. Nil if the dimension is known, and for limits on the whole queue.
    package func unknownDimension(of limit: String, in queue: QueueName) async throws(SluiceError) -> String? {
        guard let dimension = try LimitName(parsing: limit).dimension else { return nil }
        return try await store.call(DiagnoseDimension(dimension), on: queue) ? nil : dimension
    }

    /// Ends an override, so that the declared limit applies again.
    /// - Returns: False if there was no override.
    /// - Throws: `invalidArgument` for an invalid name, and for an unused queue; a server error if Redis cannot be used.
    @discardableResult
    public func restore(_ limit: String, in queue: QueueName) async throws(SluiceError) -> Bool {
        let name = try LimitName(parsing: limit)
        return try await recordChange(.limitsClear, on: name.text, in: queue) { () async throws(SluiceError) in
            try await store.call(Restore(name), on: queue)
        }
    }
}
