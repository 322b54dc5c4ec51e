import HTTPTypes
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceWeb

/// The pages of limits and dependencies.
@Suite(.timeLimit(.minutes(10)))
struct LimitsPageTests {
    /// Two jobs of an account with one place, two of a host with one start in ten minutes.
    private func fill(_ fixture: PageFixture) async throws {
        try await fixture.join()
        let limits: [Limit] = [
            .concurrency(12), .concurrency(1, partition: "account"), .rate(1, per: .seconds(600), partition: "host"),
        ]
        _ = try await fixture.store.call(Declare(deploy: 3, limits: limits), on: "mail")
        try await fixture.enqueue(["a", "b"], partitions: ["account": "<42>"])
        try await fixture.enqueue(["c", "d"], partitions: ["host": "x"])
        _ = try await fixture.claim(10)
    }

    @Test func theListTellsWhatHoldsJobsBack() async throws {
        let fixture = try await PageFixture()
        #expect(try await fixture.get("/limits").says("No queue has limits."))
        try await fill(fixture)
        try await fixture.enqueue(["free"], in: "other")
        let page = try await fixture.get("/limits")
        #expect(page.body.contains("sluice limits list") && !page.body.contains("/limits/other"))
        #expect(page.says("mail 2 2 3 0 concurrency 12, concurrency/account 1, rate/host 1/10m"))
        #expect(page.says("account=%3C42%3E mail 1 of 1 held 1 of 1 held 1"))
        #expect(page.body.contains("href=\"/limits/mail?gate=account%3D%253C42%253E\""))
        #expect(page.says("1 of 1 used, next in 10m 18s"))
        #expect(page.says("All known dependencies are on, and no breaker is open."))
    }

    @Test func aQueueShowsSettingsGatesAndHolders() async throws {
        let fixture = try await PageFixture()
        try await fill(fixture)
        try await fixture.inspector.override("concurrency/account", to: "2", in: "mail", for: .seconds(1800))
        let page = try await fixture.get("/limits/mail")
        #expect(page.body.contains("sluice limits list mail"))
        #expect(page.says("concurrency 12 12 – –") || page.says("concurrency 12 12 –"))
        #expect(page.says("concurrency/account 2 1 2 in 30m"))
        #expect(page.says("the whole queue 2 of 12 held 2 of 12 held"))
        #expect(!page.body.contains("<42>"))
        let gate = try await fixture.get("/limits/mail?gate=account%3D%253C42%253E")
        #expect(gate.says("Places 1 of 2 held 1 of 2 held") && gate.says("a host:7") == false)
        #expect(gate.body.contains("href=\"/jobs/mail/a\""))
        let host = try await fixture.get("/limits/mail?gate=host%3Dx")
        #expect(host.body.contains("href=\"/jobs/mail/c\"") && host.says("Lanes waiting 1: host=x"))
        #expect(try await fixture.get("/limits/mail?gate=none%3D1").says("No job holds it."))
        #expect(try await fixture.get("/limits/none").status == 404)
    }

    @Test func anOperatorSetsAndEndsAnOverride() async throws {
        let fixture = try await PageFixture()
        try await fill(fixture)
        let viewer = try await fixture.get("/limits/mail")
        #expect(!viewer.body.contains("/limits/mail/set"))
        let fields = ["name": "concurrency", "value": "3", "for": "30m"]
        try await fixture.checkRefused("/limits/mail/set", fields)
        try await fixture.checkRefused("/limits/mail/clear", ["name": "concurrency"])
        #expect(try await fixture.post("/limits/mail/set", fields).location == "/limits/mail?set=concurrency")
        let set = try await fixture.inspector.limits(of: "mail")
        #expect(set.effective("concurrency") == "3" && set.overrides.first?.until != nil)
        #expect(try await fixture.get("/limits/mail", as: .operator).says("End the override of concurrency"))
        #expect(try await fixture.post("/limits/mail/clear", ["name": "concurrency"]).status == 303)
        #expect(try await fixture.inspector.limits(of: "mail").overrides.isEmpty)
        #expect(try await fixture.post("/limits/mail/clear", ["name": "concurrency"]).status == 409)
        for wrong in [
            ["name": "speed", "value": "3"], ["name": "concurrency", "value": "many"], ["name": "concurrency"],
            ["name": "concurrency", "value": "3", "for": "soon"], ["name": "concurrency", "value": "3", "for": "0s"],
        ] {
            #expect(try await fixture.post("/limits/mail/set", wrong).status == 400)
        }
        #expect(try await fixture.post("/limits/none/set", fields).status == 400)
        #expect(try await fixture.inspector.limits(of: "mail").overrides.isEmpty)
        // A name that no job has may be mistyped.
        let typo = try await fixture.post("/limits/mail/set", ["name": "concurrency/acount", "value": "1"])
        #expect(try await fixture.get(try #require(typo.location)).says("No declared limit and no job of mail has “acount”"))
    }

    @Test func dependenciesAreSwitched() async throws {
        let fixture = try await PageFixture()
        try await fixture.enqueue(["a"], needs: [Dependency("tmdb")])
        let on = try await fixture.get("/limits/mail", as: .operator)
        #expect(on.says("tmdb on closed 0 0") && on.says("Switch tmdb off in mail"))
        try await fixture.checkRefused("/dependencies/off", ["name": "tmdb", "queue": "mail"])
        try await fixture.checkRefused("/dependencies/on", ["name": "tmdb", "queue": "mail"])
        let off = try await fixture.post("/dependencies/off", ["name": "tmdb", "queue": "mail"])
        #expect(off.status == 303 && off.location == "/limits/mail")
        #expect(try await fixture.inspector.dependencies(of: "mail").first?.offSince != nil)
        #expect(try await fixture.get("/limits").says("tmdb mail off 0ms ago closed 0"))
        try await fixture.post("/dependencies/on", ["name": "tmdb", "queue": "mail"])
        #expect(try await fixture.inspector.dependencies(of: "mail").first?.offSince == nil)
        // Everywhere: queues that do not know it, too.
        #expect(try await fixture.post("/dependencies/off", ["name": "smtp"]).location == "/limits")
        #expect(try await fixture.inspector.dependenciesOff() == ["smtp"])
        let everywhere = try await fixture.get("/limits", as: .operator)
        #expect(everywhere.says("smtp") && everywhere.says("off everywhere") && everywhere.says("Switch smtp on everywhere"))
        try await fixture.post("/dependencies/on", ["name": "smtp"])
        #expect(try await fixture.inspector.dependenciesOff().isEmpty)
        #expect(try await fixture.post("/dependencies/off").status == 400)
        #expect(try await fixture.post("/dependencies/off", ["name": "a b"]).status == 400)
        #expect(try await fixture.post("/dependencies/off", ["name": "tmdb", "queue": "none"]).status == 400)
    }
}
