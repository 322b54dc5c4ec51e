import Sluice
import SluiceCore
import SluiceStore

/// The measurement of jobs that are enqueued at once.
extension BenchModes {
    /// Enqueues all jobs of a round at once, from a sequence.
    func bulk(_ result: inout BenchResult) async throws {
        let client = try await client()
        let each = BenchRounds.share(of: jobs)
        var rounds = BenchRounds()
        for _ in 0..<BenchRounds.count {
            rounds.note("bulk_floor", try await lists(each, client))
            let bulk = try await fill(each, "bench-bulk", client)
            rounds.note("bulk_per_s", bulk.perSecond)
            rounds.note("redis_us_bulk", bulk.redisMicroseconds)
            rounds.note("bytes_per_job", bulk.memory)
            try await empty("bench-bulk", client)
        }
        addFloor("bulk_floor", rounds, &result)
        result.add("bulk_per_s", rounds, "enqueue in bulk", "jobs/s", digits: 0, floor: BenchFloor("bulk_floor_per_s"))
        result.add("redis_us_bulk", rounds, "  Redis CPU", "µs/job")
        result.add("bytes_per_job", rounds, "  memory of a waiting job", "bytes", digits: 0)
        await client.close()
    }
}
