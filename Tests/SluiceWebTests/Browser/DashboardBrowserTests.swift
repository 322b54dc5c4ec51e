import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import Testing

/// The dashboard in a real browser: `dashboard.py` beside this file uses it, and says what it saw.
@Suite(.timeLimit(.minutes(15)))
struct DashboardBrowserTests {
    private static let chromium = Scripts.program("chromium", "chromium-browser", "google-chrome")

    private static let missing: Comment =
        "the browser is left out: it takes Chromium, and the Python modules playwright and axe_playwright_python"

    /// A node that adds two more to its workflow.
    private struct Listing: Job {
        static let kind = "list"
        static let options = JobOptions(queue: "flows")
    }

    /// A node that was added.
    private struct Leaf: Job {
        static let kind = "leaf"
        static let options = JobOptions(queue: "flows")
    }

    /// What the script prints, if all is as it should be.
    private static let expected = [
        #"{"step": "log in", "who": "admin, admin", "wrong": "The name or the password is wrong."}"#,
        #"{"jobs": ["bad"], "query": "queue=mail&state=discarded&kind=", "step": "filter"}"#,
        #"{"state": "discarded", "step": "job", "title": "email"}"#,
        #"{"state": "available", "step": "retry"}"#,
        #"{"changed": "1,200", "preview": "1,200 jobs", "step": "purge"}"#,
        #"{"notes": 0, "paused": true, "step": "pause and resume"}"#,
        #"{"after": "1", "before": "0", "same": true, "status": 201, "step": "live"}"#,
        #"{"after": 3, "before": 1, "same": true, "status": 200, "step": "grow"}"#,
        #"{"noise": [], "step": "console"}"#,
        #"{"noise": [], "pages": 24, "step": "light", "violations": [], "wide": []}"#,
        #"{"noise": [], "pages": 24, "step": "dark", "violations": [], "wide": []}"#,
        #"{"seen": [true, true, true, true, true], "step": "keyboard"}"#,
        #"{"forms": 0, "step": "viewer"}"#,
        #"{"files": true, "light": true, "step": "weight"}"#,
    ]

    @Test(
        .enabled(missing) {
            guard chromium != nil else { return false }
            return await Scripts.hasModules("playwright.sync_api", "axe_playwright_python.sync_playwright")
        })
    func peopleUseIt() async throws {
        let queues = try await TestNamespace(on: try await RedisTestServer.start(), clock: .server)
        let client = try await queues.client()
        let inspector = Inspector(queues.store)
        try await seed(queues, client, inspector)
        let token = try await inspector.createToken("script", role: .admin)
        let files = try ServerFiles()
        let server = try await ServerProcess(queues, files)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Self.worker(client).run() }
            let browser = try #require(Self.chromium)
            let said = try await Scripts.run("dashboard.py", [server.url, token.secret, "--chromium", browser])
            #expect(said == Self.expected)
            group.cancelAll()
            try? await group.waitForAll()
        }
        await client.close()
    }

    /// A worker of the queue `flows`.
    private static func worker(_ client: SluiceClient) -> Worker {
        let worker = Worker(client, queues: [Queue("flows", concurrency: 1)], options: WorkerOptions(grace: .zero))
        worker.handle(Listing.self) { _, context in
            var leaves = Workflow("leaves")
            leaves.add("first", Leaf())
            leaves.add("second", Leaf())
            try await context.workflow?.append(leaves)
        }
        worker.handle(Leaf.self) { _, _ in }
        return worker
    }

    private func seed(_ queues: TestNamespace, _ client: SluiceClient, _ inspector: Inspector) async throws {
        func request(_ kind: String, _ queue: QueueName, id: String? = nil) throws -> JobRequest {
            var request = try JobRequest(kind: kind, queue: queue, arguments: #"{"to":"a@b.c"}"#)
            request.id = id.map { JobID(known: $0) }
            return request
        }
        try await client.enqueue([try request("email", "mail", id: "bad"), try request("encode", "films", id: "lost")])
        for queue in ["mail", "films"] as [QueueName] { try await discard(queue, queues.store) }
        try await client.enqueue(try (1...3).map { try request("email", "mail", id: "m\($0)") })
        try await client.enqueue(try (0..<1200).map { _ in try request("encode", "films") })
        try await client.crontab(of: "films").add(
            Cron("nightly", schedule: "@daily", request: try request("encode", "films")))
        _ = try await client.openBatch("nightly mails", id: "b1")
        var flow = Workflow("report")
        flow.id = "w1"
        flow.add("list", Listing())
        _ = try await client.enqueue(flow)
        try await inspector.pause("flows")
    }

    /// Plays a worker to which the first job of a queue is lost.
    private func discard(_ queue: QueueName, _ store: Store) async throws {
        let worker = WorkerID(host: "host", process: 7)
        let resync = Resync(
            worker: worker, session: 1, lease: .seconds(7200), info: #"{"host":"host","pid":7,"concurrency":4}"#, running: [])
        _ = try await store.call(resync, on: queue)
        let claim = Cycle(worker: worker, session: 1, call: 1, demand: 1, idle: .seconds(10), settlements: [])
        let job = try #require(try await store.call(claim, on: queue).jobs.first)
        let failure = Settlement(id: job.id, fence: job.fence, outcome: .discarded(error: "no such address"))
        let settle = Cycle(worker: worker, session: 1, call: 2, demand: 0, idle: .seconds(10), settlements: [failure])
        _ = try await store.call(settle, on: queue)
    }
}
