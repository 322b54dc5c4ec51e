public import SluiceCore
import SluiceStore

extension Inspector {
    /// Returns the cron entries of a queue, by name.
    /// - Throws: a server error if Redis cannot be used.
    public func cron(of queue: QueueName) async throws(SluiceError) -> [CronStatus] {
        let reply = try await store.cronEntries(of: queue)
        let workers = reply.items.contains(where: \.isOfCode) ? try await store.call(ListWorkers(), on: queue) : []
        let declared = CronNames.declared(by: workers)
        var list: [CronStatus] = []
        for item in reply.items {
            list.append(try CronStatus(item, queue: queue, now: reply.now, declared: declared, keys: keys))
        }
        return list
    }

    /// Returns one cron entry; nil if there is none of this name.
    /// - Parameters:
    ///   - name: The name of the entry.
    ///   - queue: The queue of the entry.
    /// - Throws: a server error if Redis cannot be used.
    public func cronEntry(_ name: String, in queue: QueueName) async throws(SluiceError) -> CronStatus? {
        let reply = try await store.call(CronList(name), on: queue)
        guard let item = reply.items.first else { return nil }
        let workers = item.isOfCode ? try await store.call(ListWorkers(), on: queue) : []
        return try CronStatus(item, queue: queue, now: reply.now, declared: CronNames.declared(by: workers), keys: keys)
    }

    /// Returns the outcomes of the last ticks of a cron entry, newest first; nil if there is no such entry.
    /// - Parameters:
    ///   - name: The name of the entry.
    ///   - queue: The queue of the entry.
    ///   - limit: The number of outcomes to return at most; Redis keeps the last hundred.
    /// - Throws: a server error if Redis cannot be used.
    public func cronHistory(
        of name: String, in queue: QueueName, limit: Int = 100
    ) async throws(SluiceError) -> [CronTick]? {
        guard try await hasCron(name, in: queue) else { return nil }
        return try await store.call(CronHistory(name, count: min(max(limit, 1), CronHistory.most)), on: queue)
            .compactMap(CronTick.init(line:))
    }

    /// Whether a queue has a cron entry of this name.
    package func hasCron(_ name: String, in queue: QueueName) async throws(SluiceError) -> Bool {
        try await !store.call(CronList(name), on: queue).items.isEmpty
    }

    /// Counts the crontab entries of a queue by the key that encrypts their arguments; nil counts those that are not encrypted.
    package func cronKeys(of queue: QueueName) async throws(SluiceError) -> [String?: Int] {
        var counts: [String?: Int] = [:]
        for item in try await store.cronEntries(of: queue).items {
            let entry = try CronEntry(decoding: item.text)
            counts[JobSpec(lenient: String(decoding: entry.job, as: UTF8.self)).key, default: 0] += 1
        }
        return counts
    }
}
