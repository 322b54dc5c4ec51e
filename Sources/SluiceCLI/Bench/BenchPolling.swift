import Foundation
import Sluice
import SluiceCore
import SluiceWorker

/// The measurement of adaptive polling.
extension BenchModes {
    /// Fixed intervals, in ms. Each is compared with adaptive polling that looks a little less often.
    private static let intervals = [150, 250, 400, 600, 900]
    /// The looks of adaptive polling per look at the fixed interval.
    private static let share = 0.93
    /// The number of jobs in one group.
    private static let most = 500
    /// Rounds that teach durations, before the measured round.
    private static let lessons = 2

    /// Jobs watch tasks of an upstream, at fixed intervals and by adaptive polling. Adaptive polling has to look less often and
    /// find the end sooner.
    func polling(_ result: inout BenchResult) async throws {
        let producer = try await client()
        let consumer = try await client()
        let upstream = BenchUpstream()
        let queue: QueueName = "bench-polling"
        let worker = Worker(
            consumer, queues: [Queue(queue, concurrency: concurrency)], options: WorkerOptions(grace: .zero), logger: logger
        ) { BenchMiddleware() }
        worker.handle(BenchWatch.self) { (job, _) -> Outcome<NoOutput> in
            if let snooze = upstream.look(job) { return .snooze(snooze) }
            return .completed(NoOutput())
        }
        let rows = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            var rows: [BenchComparison] = []
            for tasks in BenchTasks.allCases {
                rows += try await sweep(tasks, upstream, producer, queue, group: 1000 * rows.count)
            }
            group.cancelAll()
            try await group.waitForAll()
            return rows
        }
        result.add("polling", .array(rows.map(\.json)))
        result.add(lines: BenchComparison.table(rows).lines())
        try await empty(queue, producer)
        await producer.close()
        await consumer.close()
    }

    /// Runs all intervals at the same time, since waiting jobs cost nothing.
    private func sweep(
        _ tasks: BenchTasks, _ upstream: BenchUpstream, _ client: SluiceClient, _ queue: QueueName, group first: Int
    ) async throws -> [BenchComparison] {
        let durations = tasks.durations(min(jobs, Self.most))
        var next = first
        func round(_ snoozes: [Snooze], _ durations: [Duration]) async throws -> [BenchUpstream.Watched] {
            let groups = snoozes.map { snooze in
                next += 1
                upstream.open(next, durations, snooze: snooze)
                return next
            }
            try await client.enqueue(groups.flatMap { group in try durations.indices.map { try Self.request(group, $0, queue) } })
            while true {
                let watched = groups.compactMap(upstream.watched)
                if watched.count == groups.count { return watched }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        let fixed = try await round(Self.intervals.map { .for(.milliseconds($0)) }, durations)
        let adaptive = zip(Self.intervals, fixed).map { interval, watched in
            Snooze.adaptive(
                AdaptivePolling(
                    looks: Self.share * Double(watched.looks) / Double(durations.count), least: .milliseconds(20),
                    most: .seconds(10), name: "\(tasks.rawValue) \(interval)"))
        }
        for _ in 0..<Self.lessons { _ = try await round(adaptive, tasks.durations(durations.count)) }
        let learnt = try await round(adaptive, durations)
        return Self.intervals.indices.map { at in
            BenchComparison(
                tasks: tasks.rawValue, interval: Self.intervals[at], fixed: .init(fixed[at]), adaptive: .init(learnt[at]))
        }
    }

    /// Starts the jobs spread over a second, so that those of one interval do not all look at once.
    private static func request(_ group: Int, _ number: Int, _ queue: QueueName) throws(SluiceError) -> JobRequest {
        var request = try JobRequest(BenchWatch(group: group, number: number))
        request.queue = queue
        request.due = .after(.milliseconds(Int.random(in: 0..<1000)))
        return request
    }
}

/// A fixed interval, and adaptive polling beside it.
struct BenchComparison {
    struct Side {
        /// The mean number of looks per job after its first run.
        var looks: Double
        /// The mean time from the end of a task to the look that found it, in ms.
        var meanDelay: Double
        /// The 95th percentile of that time.
        var delayP95: Double

        init(_ watched: BenchUpstream.Watched) {
            let delays = watched.delays.sorted()
            let count = Double(max(delays.count, 1))
            looks = Double(watched.looks) / count
            meanDelay = 1000 * delays.reduce(0, +) / count
            delayP95 = 1000 * (delays.isEmpty ? 0 : delays[delays.count * 95 / 100])
        }

        var json: JSONValue {
            ["looks": .number(looks), "mean_delay_ms": .number(meanDelay), "p95_delay_ms": .number(delayP95)]
        }
    }

    var tasks: String
    var interval: Int
    var fixed: Side
    var adaptive: Side

    /// Whether adaptive polling looked less often and found the end sooner.
    var isBetter: Bool { adaptive.looks < fixed.looks && adaptive.delayP95 < fixed.delayP95 }

    var json: JSONValue {
        ["tasks": .string(tasks), "interval_ms": .integer(interval), "fixed": fixed.json, "adaptive": adaptive.json]
    }

    static func table(_ rows: [BenchComparison]) -> Table {
        var table = Table(
            [.text("TASKS"), .number("EVERY, ms"), .number("LOOKS"), .number("MEAN, ms"), .number("P95, ms")]
                + [.number("ADAPTIVE: LOOKS"), .number("MEAN, ms"), .number("P95, ms"), .text("FEWER AND SOONER")])
        for row in rows {
            let sides = [row.fixed, row.adaptive].flatMap { side in
                [
                    String(format: "%.2f", side.looks), String(format: "%.0f", side.meanDelay),
                    String(format: "%.0f", side.delayP95),
                ]
            }
            table.append([row.tasks, "\(row.interval)"] + sides + [row.isBetter ? "yes" : "no"])
        }
        return table
    }
}
