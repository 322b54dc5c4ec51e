import Sluice
import SluiceCore
import SluiceStore

/// The measurements of workflows.
extension BenchModes {
    /// The nodes of a diamond: one, six after it, and one after those.
    static let nodes = 8

    /// The number of tasks that enqueue diamonds concurrently.
    private static let producers = 64

    /// Measures from a parent's handler to the first line of its child's, two nodes at a time, with the worker idle before. Before
    /// each, a lone job is measured.
    func step(_ result: inout BenchResult) async throws {
        var rounds = BenchRounds()
        let request = try request(0, "bench-step")
        var flow = Workflow("bench")
        let first = flow.add("first", request)
        flow.add("second", request, after: first)
        try await withIdleWorker("bench-step") { [flow] idle in
            for _ in 0..<BenchRounds.count {
                var (jobs, steps): ([Double], [Double]) = ([], [])
                for _ in 0..<idleSamples {
                    jobs.append(try await idle.job(request))
                    steps.append(try await idle.step(flow))
                }
                rounds.note("step_idle_p50_ms", BenchSpread(jobs)?.median)
                rounds.note("step_p50_ms", BenchSpread(steps)?.median)
                rounds.note("step_p99_ms", BenchSpread(steps)?.p99)
            }
        }
        let idle = BenchFloor("step_idle_p50_ms", "a lone job")
        result.add("step_idle_p50_ms", rounds, "idle: enqueue to start of the handler, median", "ms", digits: 3)
        let title = "workflow: end of a parent to start of its child, median"
        result.add("step_p50_ms", rounds, title, "ms", digits: 3, floor: idle)
        result.add("step_p99_ms", rounds, "  99th percentile", "ms", digits: 3)
    }

    /// Enqueues diamonds while no worker runs, then runs them by worker processes.
    func diamonds(_ result: inout BenchResult) async throws {
        let client = try await client()
        let queue: QueueName = "bench-diamonds"
        _ = try await client.store.call(Pause(reason: "until the workers are there", mayBeNew: true), on: queue)
        let count = max(jobs / Self.nodes / 4, 10)
        let flow = try diamond(queue)
        let nodes = count * Self.nodes
        let filling = try await Stretch.measure(ServerMeter(store: client.store), count: nodes) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for producer in 0..<Self.producers {
                    let share = (count - producer + Self.producers - 1) / Self.producers
                    group.addTask {
                        for _ in 0..<share { try await client.enqueue(flow) }
                    }
                }
                try await group.waitForAll()
            }
        }
        let title = "  diamonds of \(Self.nodes) nodes, enqueued"
        result.add("diamond_enqueue_per_s", filling.perSecond, title, "nodes/s", digits: 0)
        let workers = BenchWorkers(
            url: url, namespace: options.namespace, queue: queue, concurrency: concurrency, limits: [])
        try await workers.run(processes) {
            try await wait(client, queue, on: workers) { $0["workers"] == "\(processes)" }
            let stretch = try await Stretch.measure(ServerMeter(store: client.store), count: nodes) {
                _ = try await client.store.call(Resume(), on: queue)
                try await wait(client, queue, on: workers) { $0["total_completed"] == "\(nodes)" }
            }
            result.add("diamond_nodes_per_s", stretch.perSecond, "  diamonds, run", "nodes/s", digits: 0)
            result.add("redis_us_node", stretch.redisMicroseconds, "    Redis CPU", "µs/node")
        }
        await client.close()
    }

    private func diamond(_ queue: QueueName) throws -> Workflow {
        var flow = Workflow("bench")
        let request = try request(0, queue)
        let first = flow.add("first", request)
        let middle = (2..<Self.nodes).map { flow.add("middle-\($0)", request, after: first) }
        flow.add("last", request, after: middle)
        return flow
    }
}
