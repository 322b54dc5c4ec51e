import Foundation
import HTTPTypes
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceWeb

@Suite(.timeLimit(.minutes(5)))
struct PagesTests {
    /// Makes a worker known, and lets it claim.
    private func claim(_ fixture: WebFixture, _ count: Int) async throws -> [ClaimedJob] {
        try await fixture.join()
        return try await fixture.claim(count)
    }

    @Test func theOverviewTellsWhetherAllIsWell() async throws {
        let fixture = try await WebFixture()
        #expect(try await fixture.get("/").text.contains("No queue yet"))
        try await fixture.enqueue(["a", "b", "c"])
        await fixture.dashboard.sites[0].changed()
        let alone = try await fixture.get("/").text
        #expect(alone.contains("1 queue has a problem"))
        #expect(alone.contains("3 jobs are ready, and there is no worker"))
        _ = try await claim(fixture, 1)
        await fixture.dashboard.sites[0].changed()
        let well = try await fixture.get("/").text
        #expect(well.contains("All is well"))
        #expect(well.contains("<a href=\"/queues/mail\">mail</a>"))
        #expect(well.contains("sluice status"))
        _ = try await fixture.inspector.pause("mail", reason: "<moving>")
        await fixture.dashboard.sites[0].changed()
        let paused = try await fixture.get("/").text
        #expect(paused.contains("1 queue has a warning"))
        #expect(paused.contains("&lt;moving&gt;"))
        #expect(!paused.contains("<moving>"))
    }

    @Test func aQueueIsPausedAndResumed() async throws {
        let fixture = try await WebFixture()
        try await fixture.enqueue(["a"])
        let page = try await fixture.get("/queues/mail").text
        #expect(page.contains("Pause…"))
        #expect(page.contains("href=\"/jobs?queue=mail&amp;state=available\""))
        let reply = try await fixture.post("/queues/mail/pause", [("reason", "upgrade")])
        #expect(reply.status == 303)
        #expect(reply.location == "/queues/mail")
        #expect(try await fixture.inspector.status(of: "mail").pause?.reason == "upgrade")
        #expect(try await fixture.get("/queues/mail").text.contains("upgrade"))
        #expect(try await fixture.post("/queues/mail/resume").status == 303)
        #expect(try await fixture.inspector.status(of: "mail").pause == nil)
        #expect(try await fixture.get("/queues/mail").text.contains("Pause…"))
    }

    @Test func jobsAreListedPageByPage() async throws {
        let fixture = try await WebFixture()
        try await fixture.enqueue((0..<120).map { "job-\(1000 + $0)" }, arguments: #"{"html":"<script>"}"#)
        var (seen, address, pages) = (Set<String>(), Optional("/jobs?queue=mail&state=available"), 0)
        while let next = address, pages < 10 {
            let text = try await fixture.get(next).text
            #expect(!text.contains("<script>\""))
            seen.formUnion(text.matches(of: /href="\/jobs\/mail\/(job-[0-9]+)"/).map { String($0.1) })
            address = text.firstMatch(of: /href="([^"]*)">Next page/).map { String($0.1).replacing("&amp;", with: "&") }
            pages += 1
        }
        #expect(seen.count == 120)
        #expect(pages == 3)
        #expect(try await fixture.get("/jobs?queue=mail&state=completed").text.contains("No job matches."))
        #expect(try await fixture.get("/jobs?queue=mail&kind=other").text.contains("No job matches."))
    }

    @Test func aJobTellsWhyItDoesNotRun() async throws {
        let fixture = try await WebFixture()
        try await fixture.enqueue(["one"], arguments: #"{"big":12345678901234567890,"text":"</pre><b>"}"#)
        let text = try await fixture.get("/jobs/mail/one").text
        #expect(text.contains("No worker of the queue lives."))
        #expect(text.contains("12345678901234567890"))
        #expect(text.contains("&lt;/pre&gt;&lt;b&gt;"))
        #expect(text.contains("sluice jobs show one --queue mail"))
        let cancelled = try await fixture.post("/jobs/mail/one/change", [("change", "cancel")])
        #expect(cancelled.location == "/jobs/mail/one")
        #expect(try await fixture.inspector.job(JobID(known: "one"), in: "mail")?.state == .cancelled)
        #expect(try await fixture.post("/jobs/mail/one/change", [("change", "explode")]).status == 400)
        #expect(try await fixture.post("/jobs/mail/one/change", [("change", "retry")]).status == 303)
        #expect(try await fixture.inspector.job(JobID(known: "one"), in: "mail")?.state == .available)
        #expect(try await fixture.post("/jobs/mail/one/change", [("change", "delete")]).location == "/jobs?queue=mail")
        #expect(try await fixture.get("/jobs/mail/one").status == 404)
    }

    @Test func aJobTellsOnceHowLongItWaits() async throws {
        let fixture = try await WebFixture()
        try await fixture.enqueue(["later"]) { $0.delay = .seconds(3600) }
        let text = try await fixture.get("/jobs/mail/later").text
        #expect(text.contains("<li>It waits for its time: due <time datetime="))
        #expect(text.contains(">in 1h</time>.</li>"))
        #expect(text.matches(of: />in 1h</).count == 1)
        try await fixture.enqueue(["one"], in: "films")
        let ready = try await fixture.get("/jobs/films/one").text
        #expect(ready.matches(of: /[Ww]orker of the queue/).count == 1 && !ready.contains("Waits for"))
    }

    @Test func chosenJobsAreChangedAfterAQuestion() async throws {
        let fixture = try await WebFixture()
        try await fixture.enqueue(["a", "b", "c"])
        let chosen = [("job", "mail/a"), ("job", "mail/b"), ("job", "mail/gone")]
        let asks = try await fixture.post("/jobs/selected", [("change", "cancel")] + chosen)
        #expect(asks.status == 200)
        #expect(asks.text.contains("Cancel 3 jobs?"))
        #expect(try await fixture.inspector.status(of: "mail").states[.cancelled] == 0)
        let done = try await fixture.post("/jobs/selected/change", [("change", "cancel")] + chosen).text
        #expect(done.matches(of: /It is cancelled now\./).count == 2)
        #expect(done.contains("There is no such job any more."))
        let states = try await fixture.inspector.status(of: "mail").states
        #expect(states[.cancelled] == 2)
        #expect(states[.available] == 1)
        #expect(try await fixture.post("/jobs/selected", [("change", "cancel")]).status == 400)
        #expect(try await fixture.post("/jobs/selected", [("change", "cancel"), ("job", "x")]).status == 400)
    }

    /// The page of a bulk change once nothing is under way.
    private func settled(_ fixture: WebFixture, _ address: String) async throws -> String {
        let id = try #require(address.split(separator: "/").last)
        await fixture.dashboard.sites[0].bulk.settled(String(id))
        return try await fixture.get(address).text
    }

    @Test func aBulkChangeCountsAsksAndTells() async throws {
        let fixture = try await WebFixture()
        try await fixture.enqueue((0..<1500).map { "a\($0)" })
        try await fixture.enqueue((0..<20).map { "b\($0)" }, kind: "sms")
        let choice = try await fixture.get("/bulk?change=cancel&queue=mail&kind=email").text
        #expect(choice.contains("value=\"email\""))
        let counted = try await fixture.post("/bulk", [("change", "cancel"), ("queue", "mail"), ("kind", "email")])
        let address = try #require(counted.location)
        let asks = try await settled(fixture, address)
        #expect(asks.contains("<strong>1,500 jobs</strong>"))
        #expect(asks.contains("Type the number of jobs, 1500, to agree"))
        #expect(try await fixture.post(address + "/start").status == 400)
        #expect(try await fixture.post(address + "/start", [("number", "1520")]).status == 400)
        #expect(try await fixture.inspector.status(of: "mail").states[.available] == 1520)
        #expect(try await fixture.post(address + "/start", [("number", "1,500")]).location == address)
        let done = try await settled(fixture, address)
        #expect(done.contains("Done"))
        #expect(done.contains("<dt>Changed</dt><dd>1,500</dd>"))
        let states = try await fixture.inspector.status(of: "mail").states
        #expect(states[.available] == 20)
        #expect(states[.cancelled] == 1500)
        #expect(try await fixture.post(address + "/start", [("number", "1500")]).status == 409)
        let wrong = try await fixture.post("/bulk", [("change", "cancel"), ("queue", "mail"), ("state", "completed")])
        #expect(wrong.status == 400)
        #expect(try await fixture.post("/bulk", [("change", "cancel"), ("queue", "none")]).status == 400)
    }

    @Test func failuresAreGroupedByKindAndError() async throws {
        let fixture = try await WebFixture()
        #expect(try await fixture.get("/failures").text.contains("No job has failed."))
        try await fixture.enqueue((0..<4).map { "a\($0)" })
        let jobs = try await claim(fixture, 4)
        #expect(jobs.count == 4)
        let settlements = jobs.map { job in
            Settlement(
                id: job.id, fence: job.fence,
                outcome: .discarded(error: #""host 10.0.0.\#(job.id.text.last ?? "0") said <no>""#))
        }
        try await fixture.claim(0, call: 2, settlements)
        await fixture.dashboard.sites[0].changed()
        let text = try await fixture.get("/failures").text
        #expect(text.contains("said &lt;no&gt;"))
        #expect(text.contains("4 were discarded"))
        #expect(
            text.contains(
                "href=\"/bulk?change=retry&amp;state=retryable&amp;state=discarded&amp;queue=mail&amp;kind=email&amp;error="))
    }
}
