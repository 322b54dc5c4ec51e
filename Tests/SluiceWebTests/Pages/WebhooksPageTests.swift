import HTTPTypes
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceWeb

/// The page of notifications.
@Suite(.timeLimit(.minutes(10)))
struct WebhooksPageTests {
    /// Enqueues jobs with a web hook and ends them, so that there is a notification of each.
    private func notify(_ ids: [String], in fixture: PageFixture) async throws {
        for id in ids {
            var request = try JobRequest(kind: "email", queue: "mail", arguments: "{}")
            request.id = JobID(known: id)
            request.notify = Notify("https://x.test/secret-path")
            _ = try await fixture.client.enqueue(request)
        }
        _ = try await fixture.inspector.change(.cancel, ids: ids.map { JobID(known: $0) }, in: "mail")
    }

    /// Ends one try of each notification that waits.
    private func settle(
        _ fixture: PageFixture, _ outcome: (ClaimedJob) -> Settlement.Outcome
    ) async throws {
        try await fixture.join(in: Notify.queue)
        let jobs = try await fixture.claim(100, in: Notify.queue)
        _ = try await fixture.claim(
            0, call: 2, in: Notify.queue,
            jobs.map { Settlement(id: $0.id, fence: $0.fence, outcome: outcome($0)) })
    }

    @Test func itTellsWhatWaitsAndWhatWasGivenUp() async throws {
        let fixture = try await PageFixture()
        let calm = try await fixture.get("/webhooks")
        #expect(calm.status == 200 && calm.says("No notification was given up."))
        #expect(calm.body.contains("sluice jobs list --queue webhooks --state discarded"))
        #expect(calm.body.contains("href=\"/webhooks\" aria-current=\"page\">Web hooks"))
        #expect(try await fixture.get("/webhooks?list=waiting").says("No notification waits."))
        try await notify(["a", "b"], in: fixture)
        let waiting = try await fixture.get("/webhooks?list=waiting")
        #expect(waiting.says("2 notifications wait, and no worker delivers."))
        for id in ["a", "b"] { #expect(waiting.says("mail / \(id) cancelled x.test 0 when a worker is free")) }
        #expect(waiting.body.contains("--state retryable --state available"))
        try await settle(fixture) { job in
            job.id.text.hasPrefix("a:")
                ? .discarded(error: #""<410>""#) : .retry(after: .seconds(600), error: #"{"message":"no route"}"#)
        }
        let dead = try await fixture.get("/webhooks")
        #expect(dead.text.contains(/mail \/ a cancelled x\.test 1 0ms ago <410>/), "\(dead.text)")
        #expect(!dead.body.contains("<410>") && !dead.says("mail / b") && !dead.says("no worker delivers"))
        #expect(dead.body.contains("href=\"/jobs/mail/a\"") && dead.says("1 dead letter 1 waiting for another attempt"))
        let tried = try await fixture.get("/webhooks?list=waiting")
        #expect(tried.says("mail / b cancelled x.test 1 in 10m no route") && !tried.says("mail / a"), "\(tried.text)")
        // Receivers put secrets into their URLs.
        for page in [dead, tried] { #expect(!page.body.contains("secret-path")) }
        #expect(try await fixture.get("/webhooks?list=none").status == 400)
        #expect(try await fixture.get("/webhooks?cursor=nonsense").status == 400)
    }

    @Test func anOperatorSendsAgainAndRemoves() async throws {
        let fixture = try await PageFixture()
        try await notify(["a", "b"], in: fixture)
        try await settle(fixture) { _ in .discarded(error: #""gone""#) }
        let viewer = try await fixture.get("/webhooks")
        #expect(!viewer.body.contains("pick-one") && !viewer.says("Send all again"))
        let page = try await fixture.get("/webhooks", as: .operator)
        #expect(page.body.contains("href=\"/bulk?change=retry&amp;queue=webhooks&amp;state=discarded\""))
        #expect(page.body.contains("href=\"/bulk?change=delete&amp;queue=webhooks&amp;state=discarded\""))
        let dead = try await fixture.inspector.jobs(matching: JobFilter(queues: [Notify.queue], states: [.discarded])).jobs
        let first = try #require(dead.first { $0.id.text.hasPrefix("a:") }).id.text
        let second = try #require(dead.first { $0.id.text.hasPrefix("b:") }).id.text
        for id in [first, second] { #expect(page.body.contains("value=\"webhooks/\(id)\"")) }
        let again = ["change": "retry", "job": "webhooks/\(first)"]
        #expect(try await fixture.post("/jobs/selected", again).says("Retry 1 job?"))
        try await fixture.checkRefused("/jobs/selected/change", again)
        #expect(try await fixture.post("/jobs/selected/change", again).says("It is available now."))
        #expect(
            try await fixture.post("/jobs/selected/change", ["change": "delete", "job": "webhooks/\(second)"])
                .says("It was deleted."))
        let states = try await fixture.inspector.status(of: Notify.queue).states
        #expect(states[.available] == 1 && states[.discarded] == 0)
        #expect(
            try await fixture.get("/webhooks?list=waiting").says("mail / a cancelled x.test 0 when a worker is free gone"))
    }

    @Test func manyDeadLettersHavePages() async throws {
        let fixture = try await PageFixture()
        let ids = (10..<40).map { "job-\($0)" }
        try await notify(ids, in: fixture)
        try await settle(fixture) { _ in .discarded(error: #""gone""#) }
        var (path, found, pages) = (Optional("/webhooks"), [String](), 0)
        while let next = path, pages < 10 {
            let page = try await fixture.get(next)
            found += page.body.matches(of: /href="\/jobs\/mail\/(job-\d+)"/).map { String($0.output.1) }
            path = page.body.firstMatch(of: /href="([^"]*)">Next page/).map {
                String($0.output.1).replacing("&amp;", with: "&")
            }
            pages += 1
        }
        #expect(found.sorted() == ids && pages == 3)
    }
}
