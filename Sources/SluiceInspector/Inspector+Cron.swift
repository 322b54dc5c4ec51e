package import SluiceCore
import SluiceStore

extension Inspector {
    /// How many entries of a queue's crontab have arguments that are encrypted with each key; under nil, those that are not.
    package func cronKeys(of queue: QueueName) async throws(SluiceError) -> [String?: Int] {
        var counts: [String?: Int] = [:]
        for item in try await store.call(CronList(), on: queue).items {
            let entry = try CronEntry(decoding: item.text)
            counts[JobSpec(lenient: String(decoding: entry.job, as: UTF8.self)).key, default: 0] += 1
        }
        return counts
    }
}
