public import SluiceCore
import SluiceStore

/// What there is in a queue besides jobs, as numbers. Reading them costs the same for any size of queue.
public struct QueueOutline: Sendable, Hashable {
    /// The queue.
    public var queue: QueueName
    /// Entries of its crontab.
    public var cronEntries: Int
    /// Limits that code declares.
    public var limits: Int
    /// Limits that operators override.
    public var overrides: Int
    /// Lanes that wait at gates and chains.
    public var lanesWaiting: Int
    /// Dependencies that are switched off.
    public var dependenciesOff: Int
}

extension Inspector {
    /// Returns the outlines of all queues, by name. It makes one call for each 1,000 queues, and one for their names.
    /// - Throws: a server error if Redis cannot be used.
    public func outlines() async throws(SluiceError) -> [QueueOutline] {
        let queues = try await queues()
        return zip(queues, try await store.outlines(of: queues)).map { queue, item in
            QueueOutline(
                queue: queue, cronEntries: item.cronEntries, limits: item.limits, overrides: item.overrides,
                lanesWaiting: item.lanesWaiting, dependenciesOff: item.dependenciesOff)
        }
    }
}
