import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore

/// The measurement of worker processes that drain a queue.
extension BenchModes {
    /// Drains a full queue by worker processes that were started before the clock. With partitions, each round has all jobs, since
    /// their number is what a lane has to hold.
    func drain(_ result: inout BenchResult) async throws {
        let client = try await client()
        let queue: QueueName = "bench-drain"
        let each = lanes == nil ? BenchRounds.share(of: jobs) : jobs
        let workers = BenchWorkers(
            url: url, namespace: options.namespace, queue: queue, concurrency: concurrency, limits: lanes?.specs ?? [])
        var rounds = BenchRounds()
        try await workers.run(processes) {
            try await wait(client, queue, on: workers) { $0["workers"] == "\(processes)" }
            for round in 1...BenchRounds.count {
                rounds.note("task_us", await taskSpawn())
                rounds.note("drain_floor", try await lists(each, client))
                _ = try await client.store.call(Pause(reason: "until all is there", mayBeNew: true), on: queue)
                _ = try await fill(each, queue, client)
                let before = await workers.processorSeconds()
                let drain = try await Stretch.measure(ServerMeter(store: client.store), count: each) {
                    _ = try await client.store.call(Resume(), on: queue)
                    try await wait(client, queue, on: workers) { $0["total_completed"] == "\(round * each)" }
                }
                rounds.note("worker_us_drain", await workers.processorSeconds(since: before).map { $0 * 1e6 / Double(each) })
                rounds.note("drain_per_s", drain.perSecond)
                rounds.note("redis_us_drain", drain.redisMicroseconds)
                rounds.note("commands_per_job", drain.commands)
            }
        }
        addDrain(rounds, &result)
        try await empty(queue, client)
        await client.close()
    }

    private func addDrain(_ rounds: BenchRounds, _ result: inout BenchResult) {
        result.add("task_us", rounds, "a task with a trivial body", "µs/task")
        addFloor("drain_floor", rounds, &result)
        result.add("drain_per_s", rounds, drainTitle, "jobs/s", digits: 0, floor: BenchFloor("drain_floor_per_s"))
        let redis = BenchFloor("drain_floor_us")
        result.add("redis_us_drain", rounds, "  Redis CPU", "µs/job", floor: redis)
        result.add("commands_per_job", rounds, "  commands, those inside functions included", "per job")
        let floor = BenchFloor("drain_floor_us", "floor's Redis CPU")
        result.add("worker_us_drain", rounds, "  worker CPU", "µs/job", floor: floor)
    }

    private var drainTitle: String {
        guard let lanes else { return "drain" }
        let places = lanes.limits.map { "\($0)" }.joined(separator: " and ")
        return "drain, \(HumanText.count(lanes.partitions, "partition")), \(places) at a time in each"
    }
}
