import Foundation
import Logging
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceWorker
import Synchronization

/// The measurements, each on a queue of its own.
struct BenchModes {
    /// The number of tasks that enqueue concurrently.
    static let producers = 64

    let url: String
    let options: SluiceClient.Options
    let jobs: Int
    let payload: Int
    let concurrency: Int
    let processes: Int
    /// The partitions and limits of the jobs in the drain; nil for jobs without partitions.
    var lanes: BenchLanes?
    let logger: Logger

    var text: String { BenchJob.text(payload: payload) }

    func client() async throws -> SluiceClient {
        try await SluiceClient(.url(url), options: options, logger: logger)
    }

    /// Enqueues jobs one by one from many concurrent tasks.
    func enqueue(_ result: inout BenchResult) async throws {
        let client = try await client()
        let each = max(jobs / Self.producers, 1)
        let text = text
        let stretch = try await Stretch.measure(ServerMeter(store: client.store)) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for producer in 0..<Self.producers {
                    group.addTask { [text] in
                        for number in 0..<each {
                            let job = BenchJob(number: producer * each + number, text: text)
                            try await client.enqueue(job) { $0.queue = "bench-enqueue" }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        let count = Double(each * Self.producers)
        let title = "enqueue, one by one, \(Self.producers) at a time"
        result.add("enqueue_per_s", count / stretch.seconds, title, "jobs/s", digits: 0)
        result.add("redis_us_enqueue", stretch.redisMicroseconds / count, "  Redis CPU", "µs/job")
        try await empty("bench-enqueue", client)
        await client.close()
    }

    /// Enqueues all jobs at once, from a sequence.
    func bulk(_ result: inout BenchResult) async throws {
        let client = try await client()
        let stretch = try await fill("bench-bulk", client)
        let count = Double(jobs)
        result.add("bulk_per_s", count / stretch.seconds, "enqueue in bulk", "jobs/s", digits: 0)
        result.add("redis_us_bulk", stretch.redisMicroseconds / count, "  Redis CPU", "µs/job")
        result.add("bytes_per_job", stretch.memory / count, "  memory of a waiting job", "bytes", digits: 0)
        try await empty("bench-bulk", client)
        await client.close()
    }

    func fill(_ queue: QueueName, _ client: SluiceClient) async throws -> Stretch {
        try await Stretch.measure(ServerMeter(store: client.store)) {
            let text = text
            let all = (0..<jobs).lazy.map { BenchJob(number: $0, text: text) }
            if let lanes {
                try await client.enqueue(all.map { BenchLaneJob($0, lanes.values(of: $0.number)) }) { $0.queue = queue }
            } else {
                try await client.enqueue(all) { $0.queue = queue }
            }
        }
    }

    /// Drains a full queue by worker processes that were started before the clock.
    func drain(_ result: inout BenchResult) async throws {
        let client = try await client()
        let queue: QueueName = "bench-drain"
        _ = try await client.store.call(Pause(reason: "until the workers are there", mayBeNew: true), on: queue)
        _ = try await fill(queue, client)
        let workers = BenchWorkers(
            url: url, namespace: options.namespace, queue: queue, concurrency: concurrency, limits: lanes?.specs ?? [])
        try await workers.run(processes) {
            try await wait(client, queue, on: workers) { $0["workers"] == "\(processes)" }
            let before = try await workers.processorSeconds()
            let stretch = try await Stretch.measure(ServerMeter(store: client.store)) {
                _ = try await client.store.call(Resume(), on: queue)
                try await wait(client, queue, on: workers) { $0["total_completed"] == "\(jobs)" }
            }
            let processor = (try await workers.processorSeconds() - before) * 1e6
            let count = Double(jobs)
            result.add("drain_per_s", count / stretch.seconds, drainTitle, "jobs/s", digits: 0)
            result.add("redis_us_drain", stretch.redisMicroseconds / count, "  Redis CPU", "µs/job")
            result.add("commands_per_job", stretch.commands / count, "  commands, those inside functions included", "per job")
            result.add("worker_us_drain", processor / count, "  worker CPU", "µs/job")
        }
        await client.close()
    }

    private var drainTitle: String {
        guard let lanes else { return "drain" }
        let places = lanes.limits.map { "\($0)" }.joined(separator: " and ")
        return "drain, \(HumanText.count(lanes.partitions, "partition")), \(places) at a time in each"
    }

    /// Polls the queue's status until it is as wanted. Ten looks a second are negligible in the measurement.
    /// - Throws: The failure of a worker process that has ended, since the wait would have no end.
    func wait(
        _ client: SluiceClient, _ queue: QueueName, on workers: BenchWorkers, until isThere: ([String: String]) -> Bool
    ) async throws {
        while !isThere(try await client.store.call(Status(), on: queue)) {
            try await workers.check()
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Measures from the call of `enqueue` to the first line of the handler, one job at a time, with the worker idle.
    func latency(_ result: inout BenchResult) async throws {
        let producer = try await client()
        let consumer = try await client()
        let samples = min(max(jobs / 100, 200), 2000)
        let starts = AsyncStream<ContinuousClock.Instant>.makeStream()
        let worker = Worker(
            consumer, queues: [Queue("bench-latency", concurrency: concurrency)], options: WorkerOptions(grace: .zero),
            logger: logger
        ) { BenchMiddleware() }
        worker.handle(BenchJob.self) { (_, _) -> Void in starts.continuation.yield(ContinuousClock.now) }
        var latencies: [Double] = []
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            var arrivals = starts.stream.makeAsyncIterator()
            let text = text
            for number in 0..<(samples + 20) {
                let start = ContinuousClock.now
                try await producer.enqueue(BenchJob(number: number, text: text)) { $0.queue = "bench-latency" }
                guard let arrival = await arrivals.next() else { break }
                if number >= 20 { latencies.append((arrival - start).seconds * 1000) }
                // Wait until the worker is idle: it has settled the job and waits again.
                try await Task.sleep(for: .milliseconds(Int64.random(in: 2...5)))
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        latencies.sort()
        let (median, p99) = (latencies[latencies.count / 2], latencies[latencies.count * 99 / 100])
        result.add("latency_p50_ms", median, "idle: enqueue to start of the handler, median", "ms", digits: 3)
        result.add("latency_p99_ms", p99, "  99th percentile", "ms", digits: 3)
        await producer.close()
        await consumer.close()
    }

    /// Measures Redis alone with the three commands that the simplest safe queue needs.
    func floor(_ result: inout BenchResult) async throws {
        let client = try await client()
        let base = "\(options.namespace):floor"
        let payload = String(repeating: "x", count: payload)
        let deep = 128
        let rounds = max(jobs / deep, 1)
        let stretch = try await Stretch.measure(ServerMeter(store: client.store)) {
            for _ in 0..<rounds {
                var commands: [[String]] = []
                commands.append(contentsOf: (0..<deep).map { _ in ["LPUSH", base + ":wait", payload] })
                commands.append(contentsOf: (0..<deep).map { _ in ["LMOVE", base + ":wait", base + ":active", "RIGHT", "LEFT"] })
                commands.append(contentsOf: (0..<deep).map { _ in ["LREM", base + ":active", "1", payload] })
                try await client.store.run(commands)
            }
        }
        let count = Double(rounds * deep)
        result.add("floor_per_s", count / stretch.seconds, "floor: LPUSH + LMOVE + LREM, 128 deep", "jobs/s", digits: 0)
        result.add("floor_us", stretch.redisMicroseconds / count, "  Redis CPU", "µs/job")
        await client.close()
    }

    /// Removes a queue that only the benchmark filled.
    func empty(_ queue: QueueName, _ client: SluiceClient) async throws { try await client.store.erase(queue) }
}
