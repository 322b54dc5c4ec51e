import HTTPTypes
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceWeb

/// The pages of recurring jobs.
@Suite(.timeLimit(.minutes(10)))
struct CronPageTests {
    private static let foreign = #"{"text":"<img src=x>"}"#

    private func add(
        _ name: String, _ schedule: String = "* * * * *", zone: String = "UTC", in queue: QueueName = "mail",
        to fixture: PageFixture
    ) async throws {
        let request = try JobRequest(kind: "digest", queue: queue, arguments: Self.foreign)
        try await fixture.client.crontab(of: queue).add(Cron(name, schedule: schedule, zone: zone, request: request))
    }

    @Test func theListTellsWhatIsDueAndWhatIsNot() async throws {
        let fixture = try await PageFixture()
        #expect(try await fixture.get("/cron").says("There is no recurring job."))
        try await add("each", to: fixture)
        try await add("daily", "0 7 * * *", zone: "Europe/Berlin", in: "other", to: fixture)
        let calm = try await fixture.get("/cron")
        #expect(calm.says("each mail * * * * * every minute in 1m on time none yet 0 digest"))
        #expect(calm.says("daily other 0 7 * * * Europe/Berlin at 07:00 every day"))
        #expect(calm.body.contains("href=\"/cron/mail/each\"") && calm.body.contains("sluice cron list"))
        // Nobody fires it.
        try await fixture.queues.advance(by: .seconds(180))
        let late = try await fixture.get("/cron")
        #expect(late.says("1 entry should have fired by now: each"))
        #expect(late.says("each mail * * * * * every minute 2m ago should have fired"))
        let other = try await fixture.get("/cron?queue=other")
        #expect(!other.says("each") && other.says("daily") && other.body.contains("sluice cron list --queue other"))
        #expect(try await fixture.get("/cron?queue=none").says("This queue has no recurring job."))
        #expect(try await fixture.get("/cron?queue=a%20b").status == 400)
        #expect(try await fixture.get("/cron?from=x").status == 400)
    }

    @Test func manyQueuesHavePages() async throws {
        let fixture = try await PageFixture()
        for number in 10..<30 { try await add("entry", in: QueueName(stringLiteral: "q\(number)"), to: fixture) }
        var (path, found) = ("/cron", [String]())
        while true {
            let page = try await fixture.get(path)
            found += page.body.matches(of: /href="\/cron\/(q\d+)\/entry"/).map { String($0.output.1) }
            guard let next = page.body.firstMatch(of: /href="(\/cron\?from=\d+)"/) else { break }
            path = String(next.output.1)
        }
        #expect(found == (10..<30).map { "q\($0)" })
    }

    @Test func anEntryShowsItsTicks() async throws {
        let fixture = try await PageFixture()
        try await add("tick", "0 7 * * *", zone: "Asia/Kolkata", to: fixture)
        try await add("each", to: fixture)
        let page = try await fixture.get("/cron/mail/tick")
        #expect(page.status == 200 && page.body.contains("sluice cron history tick --queue mail"))
        // 7 o'clock in Kolkata is half past one in UTC, on each of five days.
        #expect(page.body.matches(of: /01:30:00 UTC/).count == 5)
        #expect(page.body.matches(of: /07:00:00 \+05:30/).count == 5)
        #expect(page.says("0 7 * * * Asia/Kolkata at 07:00 every day"))
        #expect(page.says("It has had no tick yet.") && page.says("Comes from an operator"))
        #expect(!page.body.contains("<img") && page.says(Self.foreign))
        // One is fired, one is skipped by nobody's being there, and it goes on.
        try await fixture.queues.advance(by: .seconds(60))
        try await fixture.store.fireCron(on: "mail") { _, _ in }
        try await fixture.queues.advance(by: .seconds(600))
        try await fixture.store.fireCron(on: "mail") { _, _ in }
        let fired = try await fixture.get("/cron/mail/each")
        #expect(fired.body.matches(of: /href="\/jobs\/mail\/cron%3Aeach%3A\d+T\d+Z"/).count >= 2)
        #expect(fired.says("enqueued") && fired.text.contains(/missed \d ticks/))
        #expect(try await fixture.get("/cron/mail/none").status == 404)
        #expect(try await fixture.get("/cron/mail/a%20b").status == 404)
        #expect(try await fixture.get("/cron/a%20b/each").status == 404)
    }

    @Test func anOperatorPausesResumesAndRunsIt() async throws {
        let fixture = try await PageFixture()
        try await add("each", to: fixture)
        #expect(try await !fixture.get("/cron/mail/each").body.contains("/cron/mail/each/pause"))
        #expect(try await fixture.get("/cron/mail/each", as: .operator).body.contains("/cron/mail/each/pause"))
        for verb in ["pause", "resume", "run"] { try await fixture.checkRefused("/cron/mail/each/\(verb)") }
        let paused = try await fixture.post("/cron/mail/each/pause", ["reason": "<i>holiday</i>"])
        #expect(paused.status == 303 && paused.location == "/cron/mail/each")
        let entry = try #require(try await fixture.inspector.cronEntry("each", in: "mail"))
        #expect(entry.pause?.reason == "<i>holiday</i>")
        let page = try await fixture.get("/cron/mail/each", as: .operator)
        #expect(page.says("Paused 0ms ago : <i>holiday</i>.") && !page.body.contains("<i>holiday"))
        #expect(page.says("It does not fire while it is paused.") && page.body.contains("/cron/mail/each/resume"))
        #expect(try await fixture.get("/cron").says("paused"))
        try await fixture.post("/cron/mail/each/resume")
        #expect(try await fixture.inspector.cronEntry("each", in: "mail")?.pause == nil)
        let run = try await fixture.post("/cron/mail/each/run")
        let jobs = try await fixture.inspector.jobs(matching: JobFilter(queues: ["mail"])).jobs
        #expect(jobs.count == 1 && jobs.first?.kind == "digest")
        #expect(run.location?.hasPrefix("/jobs/mail/cron%3Aeach%3A") == true)
        #expect(try await fixture.get("/cron/mail/each").says("by hand"))
        #expect(try await fixture.post("/cron/mail/none/run").status == 404)
    }

    @Test func withoutAClientItOnlyShows() async throws {
        let fixture = try await PageFixture(hasClient: false)
        try await add("each", to: fixture)
        #expect(try await !fixture.get("/cron/mail/each", as: .admin).body.contains("/cron/mail/each/pause"))
        #expect(try await fixture.post("/cron/mail/each/pause", as: .admin).status == 403)
    }
}
