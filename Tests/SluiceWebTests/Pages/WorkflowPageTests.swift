import HTTPTypes
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceWeb

/// The pages of workflows.
@Suite(.timeLimit(.minutes(10)))
struct WorkflowPageTests {
    private static let foreign = "<script>alert('x')</script>"

    private func request(_ queue: QueueName = "mail") throws -> JobRequest {
        try JobRequest(kind: "email", queue: queue, arguments: "{}")
    }

    /// Fetch, then two parses, of which the second goes on although the first may fail, then a join.
    private func add(_ id: WorkflowID, name: String = "report", to fixture: PageFixture, deadline: Duration? = nil) async throws {
        var flow = Workflow(name)
        flow.id = id
        flow.deadline = deadline
        let fetch = flow.add("fetch", try request())
        let parse = flow.add("parse", try request(), after: fetch)
        let check = flow.add("check", try request(), after: [fetch.onFailed(.hold)])
        flow.join("end", after: [parse, check.onFailed(.ignore)])
        _ = try await fixture.client.enqueue(flow)
    }

    private func done(
        _ node: String, of id: String, _ state: OutboxMessage.EndState = .completed, in fixture: PageFixture
    ) async throws {
        let step = WorkflowStep([.done(node: node, job: JobID(known: "\(id):\(node)"), state: state, output: "")])
        _ = try await fixture.store.call(step, workflow: id)
    }

    @Test func theListHasWhatIsKeptNewestFirst() async throws {
        let fixture = try await PageFixture()
        #expect(try await fixture.get("/workflows").says("There is no workflow."))
        try await add("old", to: fixture)
        try await fixture.queues.advance(by: .seconds(60))
        try await add("new", name: Self.foreign, to: fixture)
        try await done("fetch", of: "old", .discarded, in: fixture)
        let page = try await fixture.get("/workflows")
        #expect(page.status == 200)
        #expect(page.body.contains("sluice workflows list"))
        let old = try #require(page.body.firstRange(of: "href=\"/workflows/old\""))
        let new = try #require(page.body.firstRange(of: "href=\"/workflows/new\""))
        #expect(new.lowerBound < old.lowerBound)
        #expect(!page.body.contains("<script>alert") && page.says(Self.foreign))
        // Of the older one, fetch failed, parse and end were cancelled, check is held.
        #expect(page.says("old report running 3 of 4, 3 failed 4 0 3"))
        let completed = try await fixture.get("/workflows?state=completed")
        #expect(completed.says("There is no completed workflow.") && completed.body.contains("--state completed"))
        #expect(try await fixture.get("/workflows?state=running").body.contains("/workflows/old"))
        #expect(try await fixture.get("/workflows?state=lost").status == 400)
        #expect(try await fixture.get("/workflows?cursor=nonsense").status == 400)
    }

    @Test func theListHasPages() async throws {
        let fixture = try await PageFixture()
        for number in 0..<60 {
            var flow = Workflow("many")
            flow.id = WorkflowID(known: "w\(number)")
            flow.join("end", after: [Workflow.Node]())
            _ = try await fixture.client.enqueue(flow)
        }
        var (path, ids, pages) = ("/workflows", [String](), 0)
        while true {
            let page = try await fixture.get(path)
            ids += page.body.matches(of: /href="\/workflows\/(w\d+)"/).map { String($0.output.1) }
            pages += 1
            guard let next = page.body.firstMatch(of: /href="([^"]*cursor=[^"]*)"/) else { break }
            path = String(next.output.1).replacing("&amp;", with: "&")
        }
        #expect(pages == 2 && ids.count == 60 && Set(ids).count == 60)
        #expect(try await fixture.get("/workflows?state=running").says("There is no running workflow."))
    }

    @Test func aWorkflowShowsItsGraphAndItsNodes() async throws {
        let fixture = try await PageFixture()
        try await add("w", name: Self.foreign, to: fixture, deadline: .seconds(3600))
        try await done("fetch", of: "w", in: fixture)
        try await done("parse", of: "w", .discarded, in: fixture)
        let page = try await fixture.get("/workflows/w")
        #expect(page.status == 200 && page.body.contains("sluice workflows show w"))
        #expect(!page.body.contains("<script>alert") && page.says(Self.foreign))
        #expect(page.says("running"))
        for word in ["4 nodes", "1 active", "1 completed", "1 discarded", "1 cancelled", "Deadline", "Runs for"] {
            #expect(page.says(word), "\(word): \(page.text)")
        }
        // Each node once in the picture, with its state, and as a link if it has a job.
        for (node, tone) in [("fetch", "done"), ("parse", "fail"), ("check", "run"), ("end", "off")] {
            #expect(page.body.contains("<g class=\"node \(tone)\"><title>\(node): "))
        }
        #expect(page.body.contains("<a href=\"/jobs/mail/w%3Aparse\"><g class=\"node fail\">"))
        #expect(page.body.matches(of: /<path class="edge"/).count == 2)
        #expect(page.body.matches(of: /<path class="edge ignore"/).count == 2)
        #expect(page.body.contains("<title>fetch before check: hold</title>"))
        // The same as a table.
        #expect(page.says("parse discarded email mail w:parse fetch"))
        #expect(page.says("check active email mail w:check fetch (hold)"))
        #expect(page.says("end cancelled no job parse, check (ignore)"))
        let active = try await fixture.get("/workflows/w?state=active")
        #expect(active.says("check active email") && !active.says("parse discarded email"))
        #expect(try await fixture.get("/workflows/none").status == 404)
        #expect(try await fixture.get("/workflows/a%20b").status == 404)
    }

    @Test func ofALargeOneThePartAroundWhatIsUrgentIsDrawn() async throws {
        let fixture = try await PageFixture()
        var flow = Workflow("large")
        flow.id = "w"
        let first = flow.add("first", try request())
        for number in 0..<400 { flow.add("n\(number)", try request(), after: first) }
        flow.join("end", after: (0..<400).map { Workflow.Node("n\($0)") })
        _ = try await fixture.client.enqueue(flow)
        let begun = try await fixture.get("/workflows/w")
        #expect(begun.says("Of 402 nodes, this is the part around those that are active, held or failed."))
        #expect(begun.body.contains("<g class=\"node run\"><title>first: "))
        #expect(begun.says("first active email mail w:first"))
        #expect(begun.body.matches(of: /<g class="node/).count < 20)
        try await done("first", of: "w", in: fixture)
        // 400 are active, of which no more are drawn than a picture takes.
        let wide = try await fixture.get("/workflows/w")
        #expect((100...300).contains(wide.body.matches(of: /<g class="node/).count))
        #expect(wide.body.contains("state=active&amp;from=100"))
        let last = try await fixture.get("/workflows/w?state=active&from=300")
        #expect(last.body.matches(of: /<td[^>]*>n\d+<\/td>/).count == 100 && !last.body.contains("Next page"))
    }

    @Test func anOperatorCancelsAndRetriesIt() async throws {
        let fixture = try await PageFixture()
        try await add("w", to: fixture)
        let viewer = try await fixture.get("/workflows/w")
        #expect(!viewer.body.contains("/workflows/w/cancel"))
        let operated = try await fixture.get("/workflows/w", as: .operator)
        #expect(operated.body.contains("action=\"/workflows/w/cancel\"") && !operated.body.contains("/workflows/w/retry"))
        try await fixture.checkRefused("/workflows/w/cancel")
        try await fixture.checkRefused("/workflows/w/retry")
        let answer = try await fixture.post("/workflows/w/cancel")
        #expect(answer.status == 303 && answer.location == "/workflows/w")
        #expect(try await fixture.client.workflow("w").status().stopped == "cancelled")
        #expect(try await fixture.get("/workflows/w", as: .operator).says("It was cancelled."))
        try await done("fetch", of: "w", .cancelled, in: fixture)
        #expect(try await fixture.client.workflow("w").status().state == .cancelled)
        let ended = try await fixture.get("/workflows/w", as: .operator)
        #expect(ended.body.contains("/workflows/w/retry") && !ended.body.contains("action=\"/workflows/w/cancel\""))
        try await fixture.post("/workflows/w/retry", ["node": "fetch"])
        #expect(try await fixture.client.workflow("w").status().nodes[.active] == 1)
        #expect(try await fixture.post("/workflows/none/cancel").status == 404)
        #expect(try await fixture.post("/workflows/w/cancel", ["node": "a b"]).status == 400)
    }

    @Test func withoutAClientItOnlyShows() async throws {
        let fixture = try await PageFixture(hasClient: false)
        try await add("w", to: fixture)
        #expect(try await !fixture.get("/workflows/w", as: .admin).body.contains("/workflows/w/cancel"))
        #expect(try await fixture.post("/workflows/w/cancel", as: .admin).status == 403)
    }
}
