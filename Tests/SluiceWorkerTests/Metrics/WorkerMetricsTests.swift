import CoreMetrics
import Sluice
import SluiceCore
import SluicePrometheus
import SluiceStore
import SluiceTesting
import TestSupport
import Testing

@testable import SluiceWorker

/// What a worker counts of its own runs and calls.
@Suite(.timeLimit(.minutes(10)))
struct WorkerMetricsTests {
    private let metrics = PrometheusMetrics()

    private var lines: [String] { metrics.text().split(separator: "\n").map(String.init) }

    private func worker(_ client: SluiceClient, concurrency: Int = 4) -> Worker {
        var options = WorkerOptions(grace: .zero, cancellationGrace: .seconds(2), maxThreads: 8)
        options.metrics = metrics
        return Worker(client, queues: [Queue("work", concurrency: concurrency)], options: options)
    }

    @Test func runsAndWaitsAreCountedByKind() async throws {
        let fixture = try await Fixture()
        let worker = worker(fixture.client)
        let done = Occurrences()
        worker.handle(Numbered.self) { (job, _) -> Int in
            if job.number == 1 { throw Failure() }
            return job.number
        }
        worker.afterProcess { _ in done.add() }
        for number in 0..<3 { _ = try await fixture.enqueue(number) }
        try await fixture.queues.advance(by: .seconds(2))
        try await fixture.running(worker) { await done.wait(for: 3) }
        for line in [
            #"sluice_jobs_started_total{queue="work"} 3"#,
            #"sluice_runs_ended_total{kind="numbered",queue="work",state="completed"} 2"#,
            #"sluice_runs_ended_total{kind="numbered",queue="work",state="retryable"} 1"#,
            #"sluice_run_duration_seconds_count{kind="numbered",queue="work"} 3"#,
            #"sluice_wait_duration_seconds_bucket{kind="numbered",queue="work",le="1"} 0"#,
            #"sluice_wait_duration_seconds_bucket{kind="numbered",queue="work",le="2.5"} 3"#,
            #"sluice_redis_calls_failed_total{queue="work"} 0"#,
        ] { #expect(lines.contains(line), "\(line)") }
        // Whoever has stopped has no places.
        #expect(!lines.contains { $0.hasPrefix("sluice_worker_") })
    }

    @Test func placesAreShownWhileTheWorkerRuns() async throws {
        let fixture = try await Fixture()
        let worker = worker(fixture.client, concurrency: 2)
        let (started, go) = (Occurrences(), Occurrences())
        worker.handle(Numbered.self) { (job, _) -> Int in
            started.add()
            await go.wait()
            return job.number
        }
        for number in 0..<3 { _ = try await fixture.enqueue(number) }
        try await fixture.running(worker) {
            await started.wait(for: 2)
            #expect(await fixture.queues.eventually(in: "work") { lines.contains(#"sluice_worker_runs{queue="work"} 2"#) })
            #expect(lines.contains(#"sluice_worker_places{queue="work"} 2"#))
            #expect(worker.pulse.phase == .serving && worker.pulse.isTurning)
            go.add()
            #expect(await fixture.count(.completed, is: 3))
            #expect(await fixture.queues.eventually(in: "work") { lines.contains(#"sluice_worker_runs{queue="work"} 0"#) })
        }
        #expect(worker.pulse.phase == .stopping)
    }

    /// The run goes on, and its outcome comes too late.
    @Test func anOutcomeThatIsRefusedIsCounted() async throws {
        let fixture = try await Fixture()
        let worker = worker(fixture.client)
        let (started, go) = (Occurrences(), Occurrences())
        worker.handle(Numbered.self) { (job, _) -> Int in
            started.add()
            if started.count == 1 { await go.wait() }
            return job.number
        }
        let id = try await fixture.enqueue()
        try await fixture.running(worker) {
            await started.wait()
            try await fixture.takeAway(id)
            go.add()
            #expect(await fixture.becomes(id, .completed))
        }
        #expect(lines.contains(#"sluice_settlements_refused_total{queue="work"} 1"#))
        #expect(lines.contains(#"sluice_leases_lost_total{queue="work"} 0"#))
    }

    /// The worker compares what it holds with Redis, since a reply of Redis is lost.
    @Test(.proxied) func aRunThatIsTakenAwayIsCounted() async throws {
        let proxy = try await FaultyProxy(to: .shared())
        let fixture = try await Fixture()
        let client = try await fixture.client(through: proxy.url)
        let worker = worker(client)
        let started = Occurrences()
        worker.handle(Numbered.self) { (job, _) -> Int in
            started.add()
            if started.count == 1 { await never(then: Occurrences()) }
            return job.number
        }
        let id = try await fixture.enqueue()
        try await fixture.running(worker) {
            await started.wait()
            try await fixture.takeAway(id)
            proxy.fail(["sluice1_cycle"], after: 0, with: .loseReply)
            // It calls because of this one.
            let second = try await fixture.enqueue(1)
            #expect(await fixture.becomes(second, .completed))
            #expect(await fixture.becomes(id, .completed))
        }
        #expect(lines.contains(#"sluice_leases_lost_total{queue="work"} 1"#))
        await client.close()
        await proxy.close()
    }

    @Test(.proxied) func callsWithoutAnAnswerAreCounted() async throws {
        let proxy = try await FaultyProxy(to: .shared())
        let fixture = try await Fixture()
        let client = try await fixture.client(through: proxy.url)
        let worker = worker(client)
        worker.handle(Numbered.self) { job, _ in job.number }
        proxy.fail(["sluice1_cycle"], after: 0, with: .loseReply)
        proxy.fail(["sluice1_resync"], after: 1, with: .loseReply)
        let id = try await fixture.enqueue()
        try await fixture.running(worker) { #expect(await fixture.becomes(id, .completed)) }
        #expect(lines.contains(#"sluice_redis_calls_failed_total{queue="work"} 2"#))
        #expect(lines.contains { $0.hasPrefix(#"sluice_redis_call_duration_seconds_count{call="resync",queue="work"} 2"#) })
        await client.close()
        await proxy.close()
    }

    @Test func kindsAreBounded() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.enqueue()
        let worker = WorkerID(host: "host", process: 1)
        let store = fixture.queues.store
        _ = try await store.call(
            Resync(worker: worker, session: 1, lease: .seconds(7200), info: "{}", running: []), on: "work")
        let cycle = Cycle(worker: worker, session: 1, call: 1, demand: 1, idle: .seconds(1), settlements: [])
        let job = try #require(try await store.call(cycle, on: "work").jobs.first)
        let runs = RunMetrics(queue: "work", factory: metrics)
        for kind in 0..<RunMetrics.mostKinds + 20 {
            runs.began(job, of: "\(kind)")
            let report = RunReport(job, kind: "\(kind)", maxAttempts: 1, retry: .fixed(.zero), result: .unknownKind)
            runs.ended(report, in: .completed)
        }
        for name in ["sluice_runs_ended_total{", "sluice_run_duration_seconds_count", "sluice_wait_duration_seconds_count"] {
            let found = lines.filter { $0.hasPrefix(name) }
            #expect(found.count == RunMetrics.mostKinds + 1)
            #expect(found.filter { $0.contains("kind=\"_others\"") && $0.hasSuffix(" 20") }.count == 1)
        }
    }

    @Test func withoutABackendNothingIsKept() {
        let metrics = WorkerMetrics(queue: "work", factory: NOOPMetricsHandler.instance)
        #expect(metrics.runs == nil && metrics.callBegins() == nil)
    }
}
