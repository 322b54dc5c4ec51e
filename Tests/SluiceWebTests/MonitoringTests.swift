import HTTPTypes
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import Testing

@testable import SluiceWeb

@Suite(.timeLimit(.minutes(5)))
struct MonitoringTests {
    @Test func metricsTellOfAllQueues() async throws {
        let fixture = try await WebFixture()
        try await fixture.enqueue(["a", "b"], in: "mail")
        try await fixture.enqueue(["a"], in: "films")
        _ = try await fixture.inspector.pause("films")
        let reply = try await fixture.get("/metrics")
        #expect(reply.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
        for line in [
            "sluice_queue_jobs{queue=\"mail\",state=\"available\"} 2", "sluice_queue_jobs{queue=\"films\",state=\"executing\"} 0",
            "sluice_queue_paused{queue=\"films\"} 1", "sluice_queue_paused{queue=\"mail\"} 0",
            "sluice_queue_events_total{event=\"enqueued\",queue=\"mail\"} 2", "sluice_queue_workers{queue=\"mail\"} 0",
            "sluice_queue_events_total{event=\"discarded\",queue=\"mail\"} 0",
            "sluice_up 1", "sluice_redis_evicts 0", "sluice_redis_memory_limit_bytes 0", "sluice_redis_save_failed 0",
        ] { #expect(reply.text.contains(line + "\n"), "\(line)") }
        let names = Set(reply.text.matches(of: #/# TYPE ([a-z_]+) /#).map { String($0.1) })
        #expect(names.isSubset(of: Set(QueueMetrics.help.keys).union(["sluice_metrics_dropped_total"])))
        #expect(QueueMetrics.down(took: 1).contains("sluice_up 0\n"))
    }

    @Test func metricsTellHowLateRecurringJobsAre() async throws {
        let fixture = try await WebFixture()
        let request = try JobRequest(kind: "digest", queue: "mail", arguments: "{}")
        try await fixture.client.crontab(of: "mail").add(Cron("each", schedule: "* * * * *", zone: "UTC", request: request))
        #expect(try await fixture.get("/metrics").text.contains("sluice_queue_cron_late_seconds{queue=\"mail\"} 0\n"))
        // No worker fires it.
        try await fixture.queues.advance(by: .seconds(600))
        for site in fixture.dashboard.sites { await site.watcher.invalidate() }
        let text = try await fixture.get("/metrics").text
        let late = text.firstMatch(of: #/cron_late_seconds\{queue="mail"\} ([0-9.]+)\n/#).flatMap { Double($0.1) }
        #expect((540...600).contains(late ?? 0))
    }

    @Test func scaleTellsHowManyWorkersAQueueWants() async throws {
        let fixture = try await WebFixture()
        try await fixture.enqueue((0..<21).map { "a\($0)" })
        let reply = try await fixture.get("/scale?queue=mail&places=10")
        #expect(
            reply.text
                == #"{"queue":"mail","waiting":21,"executing":0,"oldest_seconds":0.0,"workers":0,"paused":false,"wanted_workers":3}"#
                + "\n")
        for path in ["/scale", "/scale?queue=a%20b", "/scale?queue=mail&places=0", "/scale?queue=mail&places=x"] {
            #expect(try await fixture.get(path).status == 400)
        }
        #expect(try await fixture.get("/scale?queue=none").status == 404)
    }

    @Test func probesNeedNoName() async throws {
        let fixture = try await WebFixture(access: .custom { _ in nil })
        #expect(try await fixture.get("/livez").text == "alive\n")
        #expect(try await fixture.get("/readyz").text == "ready\n")
        #expect(try await fixture.get("/metrics").status == 401)
    }

    @Test func aTokenForAllQueuesReadsMetrics() async throws {
        let fixture = try await WebFixture(access: .custom { _ in nil })
        try await fixture.enqueue(["a"])
        let whole = try await fixture.inspector.createToken("prometheus", role: .viewer).secret
        let part = try await fixture.inspector.createToken("part", role: .admin, queues: ["mail"]).secret
        for (secret, status) in [(whole, 200), (part, 401), ("sluice_none", 401)] {
            for path in ["/metrics", "/scale?queue=mail"] {
                #expect(try await fixture.get(path, [.authorization: "Bearer \(secret)"]).status == status)
            }
            #expect(try await fixture.get("/jobs", [.authorization: "Bearer \(secret)"]).status == 401)
        }
    }
}
