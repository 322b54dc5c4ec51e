import Foundation
import HTTPTypes
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWorker
import Testing

@testable import SluiceWeb

/// What the API shows is what the tool shows, and what the description says.
struct APIReadTests {
    /// Fills a namespace with something of everything.
    private func fill(_ fixture: APIFixture) async throws {
        let client = fixture.client
        for id in ["1", "2", "bad"] {
            var greet = try JobRequest(Greet(name: id == "bad" ? "" : "Ada"))
            greet.id = JobID(known: id)
            try await client.enqueue(greet)
        }
        let worker = Worker(client, queues: [Queue("greetings", limits: [.concurrency(3)])], options: WorkerOptions(grace: .zero))
        worker.handle(Greet.self) { job, _ in
            guard !job.name.isEmpty else { throw APIFixture.NoName() }
            return "Hello, \(job.name)"
        }
        try await fixture.queues.drain(with: worker)
        var waiting = try JobRequest(kind: "email", queue: "mail", arguments: #"{"n":9007199254740993}"#)
        waiting.id = "waits"
        waiting.needs = ["smtp"]
        waiting.partitions = ["account": "42"]
        try await client.enqueue(waiting)
        try await fixture.inspector.switchDependency("smtp", on: false)
        try await fixture.inspector.switchDependency("unseen", on: false)
        try await fixture.inspector.override("concurrency/account", to: "2", in: "mail", for: .seconds(600))
        try await fixture.inspector.pause("mail", reason: "<b>")
        let request = try JobRequest(kind: "email", queue: "mail", arguments: "1")
        try await client.crontab(of: "mail").add(Cron("digest", schedule: "0 7 * * *", request: request))
        try await client.crontab(of: "mail").run("digest")
        var flow = Workflow("flow")
        flow.id = "flow"
        let first = flow.add("a", request)
        flow.join("b", after: first)
        try await client.enqueue(flow)
        let batch = try await client.openBatch("batch", id: "batch", on: [.completed: request])
        try await batch.add([request])
        _ = try await fixture.inspector.createToken(
            "ci", role: .operator, queues: ["mail"], kinds: ["email"], expires: .seconds(600))
    }

    private static let paths = [
        "queues": "queues", "queues/{queue}": "queues/mail", "queues/{queue}/errors": "queues/greetings/errors",
        "queues/{queue}/drain": "queues/greetings/drain",
        "workers": "workers", "limits": "limits", "queues/{queue}/limits": "queues/mail/limits", "dependencies": "dependencies",
        "cron": "cron", "queues/{queue}/cron/{name}/history": "queues/mail/cron/digest/history", "workflows": "workflows",
        "workflows/{workflow}": "workflows/flow", "batches": "batches", "batches/{batch}": "batches/batch", "doctor": "doctor",
        "audit": "audit", "actions": "actions", "jobs": "jobs", "jobs/{queue}/{id}": "jobs/greetings/bad",
        "jobs/{queue}/{id}/explanation": "jobs/mail/waits/explanation", "jobs/{queue}/{id}/result": "jobs/greetings/1/result",
        "queues/{queue}/cron/{name}": "queues/mail/cron/digest",
        "queues/{queue}/cron/{name}/next": "queues/mail/cron/digest/next", "cron/next": "cron/next?schedule=0+7+*+*+*",
        "queues/{queue}/history": "queues/greetings/history",
        "queues/{queue}/forecast": "queues/greetings/forecast", "jobs/{queue}/{id}/forecast": "jobs/mail/waits/forecast",
        "openapi.json": "openapi.json", "whoami": "whoami", "tokens": "tokens",
    ]

    @Test func eachAnswerIsAsDescribed() async throws {
        let fixture = try await APIFixture()
        try await fill(fixture)
        try await fixture.serve { call async throws in
            let document = try #require(try await call(.get, "openapi.json").json as? [String: Any])
            let check = SchemaCheck(document: document)
            let routes = APITable.full.routes.filter { $0.method == .get && !$0.answers[0].isStream }
            #expect(Set(routes.map(\.path)) == Set(Self.paths.keys))
            for route in routes {
                let path = try #require(Self.paths[route.path])
                let answer = try await call(.get, path)
                #expect(answer.status == 200, "\(path): \(answer.text)")
                let schema = try #require(
                    JSONSerialization.jsonObject(with: Data(route.answers[0].schema.json.encoded())) as? [String: Any])
                #expect(check.faults(of: answer.json, schema).isEmpty, "\(path): \(check.faults(of: answer.json, schema))")
                #expect((answer.json as? [Any])?.isEmpty != true || path == "workers", "\(path) shows nothing")
            }
        }
    }

    @Test func itIsTheJSONOfTheTool() async throws {
        let fixture = try await APIFixture()
        try await fill(fixture)
        let inspector = fixture.inspector
        @Sendable func text(_ value: JSONValue) -> String { String(decoding: value.encoded(), as: UTF8.self) }
        try await fixture.serve { call async throws in
            let job = try #require(try await inspector.job("waits", in: "mail"))
            #expect(try await call(.get, "jobs/mail/waits").text == text(try await inspector.withTimes(job).json))
            let page = try await inspector.jobs(matching: JobFilter(queues: ["mail"], states: [.available]), limit: 2)
            #expect(
                try await call(.get, "jobs?queue=mail&state=available&limit=2").text
                    == text(["jobs": .array(page.jobs.map(\.json)), "next": JSONValue(page.next)]))
            #expect(page.next != nil)
            let next = try await call(.get, "jobs?queue=mail&state=available&cursor=\(page.next ?? "")")
            #expect((next["jobs"] as? [Any])?.isEmpty == false)
            let details = try #require(try await inspector.workflow("flow"))
            #expect(try await call(.get, "workflows/flow").text == text(details.json))
            #expect(
                try await call(.get, "cron?queue=mail").text == text(.array(try await inspector.cron(of: "mail").map(\.json))))
            #expect(try await call(.get, "queues/mail/limits").text == text(try await inspector.limits(of: "mail").json))
            #expect(
                try await call(.get, "queues/greetings/errors").text
                    == text(.array(try await inspector.errors(in: "greetings").map(\.json))))
            let more = try await inspector.forecast(of: "greetings", workers: -2)
            #expect(try await call(.get, "queues/greetings/forecast?workers=-2").text == text(more.json))
            let start = try #require(try await inspector.forecast(of: "waits", in: "mail"))
            #expect(try await call(.get, "jobs/mail/waits/forecast").text == text(start.json))
        }
    }

    @Test func itShowsTheHistoryOfAQueue() async throws {
        let fixture = try await APIFixture()
        try await fill(fixture)
        let inspector = fixture.inspector
        @Sendable func text(_ value: JSONValue) -> String { String(decoding: value.encoded(), as: UTF8.self) }
        try await fixture.serve { call async throws in
            let path = "queues/greetings/history"
            let minutes = try await inspector.history(of: "greetings", by: .minute, last: .seconds(3600))
            #expect(minutes.total["greet"]?.runs == 3)
            #expect(minutes.total["greet"]?.failures == 1)
            #expect(try await call(.get, path).text == text(minutes.json))
            let hours = try await inspector.history(of: "greetings", kind: "other", by: .hour, last: .seconds(86_400))
            #expect(try await call(.get, "\(path)?kind=other&by=hour").text == text(hours.json))
            let last = try await inspector.history(of: "greetings", by: .minute, last: .seconds(300))
            #expect(last.points.count == 5)
            #expect(try await call(.get, "\(path)?last=5m").text == text(last.json))
            let now = Int(try await inspector.status(of: "greetings").time.timeIntervalSince1970)
            let span = try await inspector.history(
                of: "greetings", from: Date(timeIntervalSince1970: Double(now - 600)),
                to: Date(timeIntervalSince1970: Double(now - 120)))
            #expect(try await call(.get, "\(path)?from=\(now - 600)&to=\(now - 120)").text == text(span.json))
            let open = try await call(.get, "\(path)?from=\(now - 600)")
            #expect((open["points"] as? [Any])?.count == 11)
        }
    }

    @Test func listsTakeSeveralQueues() async throws {
        let fixture = try await APIFixture()
        try await fill(fixture)
        try await fixture.serve { call async throws in
            for list in ["queues", "limits"] {
                let answer = try await call(.get, "\(list)?queue=mail&queue=greetings&queue=mail")
                #expect((answer.json as? [[String: Any]])?.map { $0["queue"] as? String } == ["mail", "greetings"])
            }
        }
    }
}
