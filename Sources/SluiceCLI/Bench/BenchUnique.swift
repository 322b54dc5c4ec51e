import Sluice
import SluiceCore
import SluiceStore

/// The measurement of unique jobs.
extension BenchModes {
    /// Enqueues batches of plain jobs and of unique ones: the difference is the server's cost of uniqueness, in time and in memory.
    func unique(_ result: inout BenchResult) async throws {
        let client = try await client()
        let text = text
        let all = (0..<BenchRounds.share(of: jobs)).lazy.map { BenchJob(number: $0, text: text) }
        var rounds = BenchRounds()
        for _ in 0..<BenchRounds.count {
            let plain = try await filling("bench-plain", all, all.count, client)
            let unique = try await filling("bench-unique", all.map(BenchUniqueJob.init), all.count, client)
            rounds.note("redis_us_plain_enqueue", plain.redisMicroseconds)
            rounds.note("redis_us_unique_enqueue", unique.redisMicroseconds)
            if let plain = plain.memory { rounds.note("bytes_per_unique", unique.memory.map { $0 - plain }) }
        }
        let plain = BenchFloor("redis_us_plain_enqueue", "plain")
        result.add("redis_us_plain_enqueue", rounds, "plain jobs enqueued in bulk, Redis CPU", "µs/job")
        result.add("redis_us_unique_enqueue", rounds, "  unique ones, likewise", "µs/job", floor: plain)
        result.add("bytes_per_unique", rounds, "  memory of the uniqueness of a live job", "bytes", digits: 0)
        await client.close()
    }

    private func filling<Jobs: Sequence>(
        _ queue: QueueName, _ jobs: Jobs, _ count: Int, _ client: SluiceClient
    ) async throws -> Stretch where Jobs.Element: Job {
        let stretch = try await Stretch.measure(ServerMeter(store: client.store), count: count) {
            try await client.enqueue(jobs) { $0.queue = queue }
        }
        try await empty(queue, client)
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
