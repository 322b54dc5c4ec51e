import HTTPTypes
import Hiredis
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import TestSupport
import Testing

@testable import SluiceWeb

/// How many calls of Redis a page makes, whatever there is to show.
@Suite(.timeLimit(.minutes(10)))
struct PageCostTests {
    private static let most = 20

    private func seed(_ fixture: PageFixture) async throws {
        for number in 10..<40 {
            let queue = QueueName(stringLiteral: "q\(number)")
            try await fixture.join(in: queue)
            try await fixture.enqueue(["a", "b"], in: queue, partitions: ["account": "1"])
            _ = try await fixture.store.call(Declare(deploy: 1, limits: [.concurrency(1, partition: "account")]), on: queue)
            _ = try await fixture.claim(2, in: queue)
            let request = try JobRequest(kind: "email", queue: queue, arguments: "{}")
            try await fixture.client.crontab(of: queue).add(Cron("entry", schedule: "@hourly", request: request))
        }
        for number in 0..<120 {
            var flow = Workflow("many")
            flow.id = WorkflowID(known: "w\(number)")
            flow.join("end", after: [Workflow.Node]())
            _ = try await fixture.client.enqueue(flow)
            _ = try await fixture.client.openBatch("many", id: BatchID(known: "b\(number)"))
        }
        let batch = try await fixture.client.openBatch("members", id: "members")
        var members: [JobRequest] = []
        for number in 0..<60 {
            let queue = QueueName(stringLiteral: "q\(10 + number % 30)")
            members.append(try JobRequest(kind: "email", queue: queue, arguments: "{}"))
        }
        try await batch.add(members)
        let told = (0..<30).map { JobID(known: "told\($0)") }
        for id in told {
            var request = try JobRequest(kind: "email", queue: "q10", arguments: "{}")
            (request.id, request.notify) = (id, Notify("https://x.test/"))
            _ = try await fixture.client.enqueue(request)
        }
        _ = try await fixture.inspector.change(.cancel, ids: told, in: "q10")
        var flow = Workflow("large")
        flow.id = "large"
        let request = try JobRequest(kind: "email", queue: "q10", arguments: "{}")
        let first = flow.add("first", request)
        for number in 0..<500 { flow.add("n\(number)", request, after: first) }
        _ = try await fixture.client.enqueue(flow)
    }

    /// The calls since the last look. Commands within functions are counted by Redis, too, so only those that begin a call are read.
    private func calls(_ fixture: PageFixture) async throws -> Int {
        let info = try #require(try await fixture.store.info("commandstats"))
        _ = try await fixture.queues.command("CONFIG", "RESETSTAT")
        let names = ["fcall", "fcall_ro", "info", "config|get", "function|list"]
        return names.reduce(0) { sum, name in
            let count = info["cmdstat_\(name)"]?.firstMatch(of: /calls=(\d+)/).flatMap { Int($0.output.1) } ?? 0
            return sum + count
        }
    }

    @Test(.oneServer("the calls are counted by one server")) func everyPageIsCheap() async throws {
        let server = try await RedisTestServer.start()
        let fixture = try await PageFixture(on: server)
        try await seed(fixture)
        let site = fixture.dashboard.sites[0]
        await site.watcher.setInterval(.seconds(3600))
        for path in [
            "/workflows", "/workflows?state=running", "/workflows/large", "/batches", "/batches?state=finished", "/batches/b1",
            "/batches/members",
            "/cron", "/", "/queues/q10", "/jobs", "/jobs?queue=q10&state=available", "/failures", "/log",
            "/cron/q10/entry", "/limits", "/limits/q10", "/limits/q10?gate=account%3D1", "/workers",
            "/webhooks", "/webhooks?list=waiting",
        ] {
            // The snapshot is read by the watcher, for all pages. After the first look, it is fresh.
            let warm = try await fixture.get(path)
            #expect(warm.status == 200)
            await site.pages.clear()
            _ = try await calls(fixture)
            #expect(try await fixture.getShared(path).status == 200)
            // One more for names of queues or the time, which functions read as well.
            let count = try await calls(fixture) + 1
            #expect(count <= Self.most, "\(path) makes \(count) calls")
        }
        try await server.stop()
    }
}
