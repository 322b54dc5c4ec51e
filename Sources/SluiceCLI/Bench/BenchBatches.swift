import Sluice
import SluiceCore
import SluiceStore

/// The measurement of batches.
extension BenchModes {
    /// Adds and runs the members of one batch, and as many plain jobs: the difference is the server's cost of membership.
    func batch(_ result: inout BenchResult) async throws {
        let text = text
        let all = (0..<jobs).lazy.map { BenchJob(number: $0, text: text) }
        let plain = try await running("bench-plain") { client in
            try await client.enqueue(all) { $0.queue = "bench-plain" }
        }
        let members = try await running(BenchMember.queue) { client in
            let batch = try await client.openBatch("bench", id: Self.batchID)
            try await batch.add(all.map(BenchMember.init))
            try await batch.seal()
        } until: { client in
            // The status checks are negligible in the measurement.
            let batch = client.batch(Self.batchID)
            while try await batch.status()?.finished == nil { try await Task.sleep(for: .milliseconds(100)) }
        }
        let count = Double(jobs)
        result.add("members_per_s", count / members.seconds, "batch: members enqueued and run", "jobs/s", digits: 0)
        result.add("redis_us_member", members.redisMicroseconds / count, "  Redis CPU of a member", "µs/job")
        result.add("redis_us_plain", plain.redisMicroseconds / count, "  Redis CPU of a plain job, likewise", "µs/job")
    }

    private static let batchID = BatchID(known: "bench")

    /// Enqueues jobs while the queue is paused, then lets workers run them. Measures from the first call to the last end.
    private func running(
        _ queue: QueueName, enqueueing: (SluiceClient) async throws -> Void,
        until isDone: (SluiceClient) async throws -> Void = { _ in }
    ) async throws -> Stretch {
        let client = try await client()
        let workers = BenchWorkers(
            url: url, namespace: options.namespace, queue: queue, concurrency: concurrency, limits: [])
        var stretch: Stretch?
        try await workers.run(processes) {
            try await wait(client, queue, on: workers) { $0["workers"] == "\(processes)" }
            _ = try await client.store.call(Pause(reason: "until all is there", mayBeNew: true), on: queue)
            stretch = try await Stretch.measure(ServerMeter(store: client.store)) {
                try await enqueueing(client)
                _ = try await client.store.call(Resume(), on: queue)
                try await wait(client, queue, on: workers) { $0["total_completed"] == "\(jobs)" }
                try await isDone(client)
            }
        }
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
