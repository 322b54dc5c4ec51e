import Sluice
import SluiceCore
import SluiceStore
import SluiceWorker
import Synchronization

/// The measurements of workflows.
extension BenchModes {
    /// The nodes of a diamond: one, six after it, and one after those.
    static let nodes = 8

    /// Measures from the end of a parent's handler to the first line of its child's, two nodes at a time, with the worker idle
    /// before.
    func step(_ result: inout BenchResult) async throws {
        let producer = try await client()
        let consumer = try await client()
        let samples = min(max(jobs / 100, 200), 2000)
        let ends = AsyncStream<Duration>.makeStream()
        let parentEnd = Mutex(ContinuousClock.now)
        let worker = Worker(
            consumer, queues: [Queue("bench-step", concurrency: concurrency)], options: WorkerOptions(grace: .zero),
            logger: logger
        ) { BenchMiddleware() }
        worker.handle(BenchJob.self) { job, _ in
            if job.number == 0 {
                parentEnd.withLock { $0 = .now }
            } else {
                ends.continuation.yield(.now - parentEnd.withLock { $0 })
            }
        }
        var steps: [Double] = []
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            var arrivals = ends.stream.makeAsyncIterator()
            for number in 0..<(samples + 20) {
                var flow = Workflow("bench")
                let first = flow.add("first", try request(0, "bench-step"))
                flow.add("second", try request(1, "bench-step"), after: first)
                try await producer.enqueue(flow)
                guard let step = await arrivals.next() else { break }
                if number >= 20 { steps.append(step.seconds * 1000) }
                // Wait until the worker is idle: it has settled the job and waits again.
                try await Task.sleep(for: .milliseconds(Int64.random(in: 2...5)))
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        steps.sort()
        let title = "workflow: end of a parent to start of its child, median"
        result.add("step_p50_ms", steps[steps.count / 2], title, "ms", digits: 3)
        result.add("step_p99_ms", steps[steps.count * 99 / 100], "  99th percentile", "ms", digits: 3)
        await producer.close()
        await consumer.close()
    }

    /// Enqueues diamonds while no worker runs, then runs them by worker processes.
    func diamonds(_ result: inout BenchResult) async throws {
        let client = try await client()
        let queue: QueueName = "bench-diamonds"
        _ = try await client.store.call(Pause(reason: "until the workers are there", mayBeNew: true), on: queue)
        let count = max(jobs / Self.nodes / 4, 10)
        let flow = try diamond(queue)
        let nodes = Double(count * Self.nodes)
        let filling = try await Stretch.measure(ServerMeter(store: client.store)) {
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
        result.add("diamond_enqueue_per_s", nodes / filling.seconds, title, "nodes/s", digits: 0)
        let workers = BenchWorkers(
            url: url, namespace: options.namespace, queue: queue, concurrency: concurrency, limits: [])
        try await workers.run(processes) {
            try await wait(client, queue, on: workers) { $0["workers"] == "\(processes)" }
            let stretch = try await Stretch.measure(ServerMeter(store: client.store)) {
                _ = try await client.store.call(Resume(), on: queue)
                try await wait(client, queue, on: workers) { $0["total_completed"] == "\(count * Self.nodes)" }
            }
            result.add("diamond_nodes_per_s", nodes / stretch.seconds, "  diamonds, run", "nodes/s", digits: 0)
            result.add("redis_us_node", stretch.redisMicroseconds / nodes, "    Redis CPU", "µs/node")
        }
        await client.close()
    }

    private func request(_ number: Int, _ queue: QueueName) throws -> JobRequest {
        var request = try JobRequest(BenchJob(number: number, text: text))
        request.queue = queue
        return request
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
