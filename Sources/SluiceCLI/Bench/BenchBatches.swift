import Sluice
import SluiceCore
import SluiceStore

/// The measurement of batches.
extension BenchModes {
    /// Runs plain jobs, and adds and runs as many members of a batch: the difference is the server's cost of membership.
    func batch(_ result: inout BenchResult) async throws {
        let text = text
        let all = (0..<BenchRounds.share(of: jobs)).lazy.map { BenchJob(number: $0, text: text) }
        var rounds = BenchRounds()
        for round in 0..<BenchRounds.count {
            let plain = try await running("bench-plain", all.count) { client in
                try await client.enqueue(all) { $0.queue = "bench-plain" }
            }
            rounds.note("redis_us_plain", plain.redisMicroseconds)
            let id = BatchID(known: "bench-\(round)")
            let members = try await running(BenchMember.queue, all.count) { client in
                let batch = try await client.openBatch("bench", id: id)
                try await batch.add(all.map(BenchMember.init))
                try await batch.seal()
            } until: { client in
                // The status checks are negligible in the measurement.
                while try await client.batch(id).status()?.finished == nil { try await Task.sleep(for: .milliseconds(100)) }
            }
            rounds.note("members_per_s", members.perSecond)
            rounds.note("redis_us_member", members.redisMicroseconds)
        }
        let plain = BenchFloor("redis_us_plain", "plain")
        result.add("redis_us_plain", rounds, "plain jobs enqueued and run, Redis CPU", "µs/job")
        result.add("members_per_s", rounds, "batch: members enqueued and run", "jobs/s", digits: 0)
        result.add("redis_us_member", rounds, "  Redis CPU of a member", "µs/job", floor: plain)
    }

    /// Enqueues jobs while the queue is paused, then lets workers run them. Measures from the first call to the last end.
    private func running(
        _ queue: QueueName, _ count: Int, enqueueing: (SluiceClient) async throws -> Void,
        until isDone: (SluiceClient) async throws -> Void = { _ in }
    ) async throws -> Stretch {
        let client = try await client()
        let workers = BenchWorkers(
            url: url, namespace: options.namespace, queue: queue, concurrency: concurrency, limits: [])
        var stretch: Stretch?
        try await workers.run(processes) {
            try await wait(client, queue, on: workers) { $0["workers"] == "\(processes)" }
            _ = try await client.store.call(Pause(reason: "until all is there", mayBeNew: true), on: queue)
            stretch = try await Stretch.measure(ServerMeter(store: client.store), count: count) {
                try await enqueueing(client)
                _ = try await client.store.call(Resume(), on: queue)
                try await wait(client, queue, on: workers) { $0["total_completed"] == "\(count)" }
                try await isDone(client)
            }
        }
        try await empty(queue, client)
        await client.close()
        guard let stretch else { throw CancellationError() }
        return stretch
    }
}

/// The measured job, as the member of a batch.
struct BenchMember: Job {
    static let kind = BenchJob.kind
    static let queue: QueueName = "bench-members"
    static let options = JobOptions(queue: queue)
    var job: BenchJob

    init(_ job: BenchJob) { self.job = job }

    init(from decoder: any Decoder) throws { self.init(try BenchJob(from: decoder)) }

    func encode(to encoder: any Encoder) throws { try job.encode(to: encoder) }
}
