import Sluice
import SluiceCore
import SluiceStore

/// The measurement of unique jobs.
extension BenchModes {
    /// Enqueues batches of unique jobs and of plain jobs: the difference is the server's cost of uniqueness, in time and in memory.
    func unique(_ result: inout BenchResult) async throws {
        let text = text
        let plain = try await filling("bench-plain", (0..<jobs).lazy.map { BenchJob(number: $0, text: text) })
        let unique = try await filling(
            "bench-unique", (0..<jobs).lazy.map { BenchUniqueJob(BenchJob(number: $0, text: text)) })
        let count = Double(jobs)
        let bytes = (unique.memory - plain.memory) / count
        let title = "unique jobs enqueued in bulk, Redis CPU"
        result.add("redis_us_unique_enqueue", unique.redisMicroseconds / count, title, "µs/job")
        result.add("redis_us_plain_enqueue", plain.redisMicroseconds / count, "  plain ones, likewise", "µs/job")
        result.add("bytes_per_unique", bytes, "  memory of the uniqueness of a live job", "bytes", digits: 0)
    }

    private func filling<Jobs: Sequence>(_ queue: QueueName, _ jobs: Jobs) async throws -> Stretch where Jobs.Element: Job {
        let client = try await client()
        let stretch = try await Stretch.measure(ServerMeter(store: client.store)) {
            try await client.enqueue(jobs) { $0.queue = queue }
        }
        try await empty(queue, client)
        await client.close()
        return stretch
    }
}

/// The measured job, unique by its arguments.
struct BenchUniqueJob: Job {
    static let kind = BenchJob.kind
    static let options = JobOptions(unique: .whileLive(by: .arguments))
    var job: BenchJob

    init(_ job: BenchJob) { self.job = job }

    init(from decoder: any Decoder) throws { self.init(try BenchJob(from: decoder)) }

    func encode(to encoder: any Encoder) throws { try job.encode(to: encoder) }
}
