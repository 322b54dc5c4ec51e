import HTTPTypes
import Hiredis
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceWeb

/// The pages of the doctor and of audits.
@Suite(.timeLimit(.minutes(10)))
struct HealthPageTests {
    @Test func itTellsWhatTheDoctorFinds() async throws {
        let fixture = try await PageFixture()
        try await fixture.enqueue(["a"])
        try await fixture.inspector.pause("mail", reason: "<b>moving</b>")
        _ = try await fixture.get("/health")
        try await fixture.settled(fixture.health.diagnosis)
        let page = try await fixture.get("/health")
        #expect(page.status == 200 && page.body.contains("sluice doctor"))
        // One problem is that nobody works; the pause is intended.
        #expect(page.says("no worker of the queue lives") && page.says("start the program that serves it"))
        #expect(page.says("<b>moving</b>") && !page.body.contains("<b>moving"))
        #expect(page.says("Version Redis ") && page.says("Role primary"))
        #expect(page.says("Clock in step with this machine"))
        #expect(page.says("Function library protocol 1, revision "))
        #expect(page.says("mail not audited since this server started"))
        // The result is shared, and stays for a minute.
        let first = await fixture.health.diagnosis.current.ended
        _ = try await fixture.get("/health", as: .admin)
        #expect(await fixture.health.diagnosis.current.ended == first)
    }

    @Test func aSharedRunIsDoneOnceForAll() async throws {
        let run = SharedRun<Int>()
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let work: @Sendable (@escaping @Sendable (Int) async -> Void) async throws -> Int = { note in
            await note(1)
            for await _ in gate { break }
            return 2
        }
        let early = await run.standing(within: .seconds(60), patience: .milliseconds(1), work)
        #expect(early.begun != nil && early.value == nil)
        #expect(await !run.begin { _ in 3 })
        async let late = run.standing(within: .seconds(60), patience: .seconds(600), work)
        open.yield()
        #expect(await late.value == 2)
        let again = await run.standing(within: .seconds(60), patience: .seconds(600)) { _ in 4 }
        #expect(again.value == 2 && again.begun == nil && again.progress == nil)
        #expect(await run.begin { _ in throw SluiceError(.server, "broken") })
        let failed = await run.standing(within: .zero, patience: .seconds(600)) { _ in throw SluiceError(.server, "broken") }
        #expect(failed.failure == "broken" && failed.value == 2)
        await run.stopAndWait()
    }

    @Test func anOperatorAuditsAQueue() async throws {
        let fixture = try await PageFixture()
        try await fixture.enqueue(["a", "b"])
        let before = try await fixture.get("/health/audit/mail")
        #expect(before.says("not audited since this server started") && !before.body.contains("/health/audit/mail/start"))
        try await fixture.checkRefused("/health/audit/mail/start")
        #expect(try await fixture.get("/health/audit/mail", as: .operator).body.contains("/health/audit/mail/start"))
        #expect(try await fixture.post("/health/audit/mail/start").location == "/health/audit/mail")
        try await fixture.settled(fixture.health.known("mail")?.audit)
        let clean = try await fixture.get("/health/audit/mail")
        #expect(clean.says("clean") && clean.says("jobs, lanes, workers and entries checked.") && !clean.says("Repair"))
        #expect(clean.body.contains("sluice audit mail"))
        #expect(try await fixture.get("/health").says("mail clean"))
        #expect(try await fixture.get("/health/audit/none").status == 404)
        #expect(try await fixture.post("/health/audit/none/start").status == 404)
    }

    @Test func anAdminRepairsWhatAnAuditFinds() async throws {
        let fixture = try await PageFixture()
        try await fixture.enqueue(["a", "b"])
        // A job that is in no index.
        _ = try await fixture.queues.command("ZREM", "\(fixture.queues.base("mail")):wait:", "a")
        try await fixture.post("/health/audit/mail/start")
        try await fixture.settled(fixture.health.known("mail")?.audit)
        let broken = try await fixture.get("/health/audit/mail")
        #expect(broken.says("violation") && broken.says("Repair") && broken.says("Only the role admin can repair."))
        for role in [Role.viewer, .operator] {
            try await fixture.checkRefused("/health/audit/mail/plan", as: role)
            try await fixture.checkRefused("/health/audit/mail/repair", as: role)
        }
        #expect(try await fixture.post("/health/audit/mail/repair", as: .admin).status == 409)
        let state = try await fixture.queues.dump()
        try await fixture.post("/health/audit/mail/plan", as: .admin)
        try await fixture.settled(fixture.health.known("mail")?.plan)
        let plan = try await fixture.get("/health/audit/mail", as: .admin)
        #expect(plan.says("A repair would do this") && plan.body.contains("action=\"/health/audit/mail/repair\""))
        #expect(try await fixture.queues.dump() == state)
        try await fixture.post("/health/audit/mail/repair", as: .admin)
        try await fixture.settled(fixture.health.known("mail")?.repair)
        let done = try await fixture.get("/health/audit/mail", as: .admin)
        #expect(done.says("made") && done.says("Audit again to see what is left."))
        #expect(try await fixture.inspector.audit("mail").isClean)
        try await fixture.post("/health/audit/mail/start")
        try await fixture.settled(fixture.health.known("mail")?.audit)
        #expect(try await fixture.get("/health/audit/mail").says("clean"))
    }
}
