package import SluiceCore
import SluiceStore

extension Inspector {
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
