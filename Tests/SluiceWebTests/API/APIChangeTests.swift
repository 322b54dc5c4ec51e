import Foundation
import HTTPTypes
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import Testing

/// Changes over HTTP do what the tool does.
struct APIChangeTests {
    private func filled() async throws -> APIFixture {
        let fixture = try await APIFixture()
        for id in 0..<6 {
            var request = try JobRequest(kind: id < 4 ? "email" : "letter", queue: "mail", arguments: "{}")
            request.id = JobID(known: "\(id)")
            request.partitions = ["account": "\(id % 2)"]
            try await fixture.client.enqueue(request)
        }
        return fixture
    }

    private func states(_ fixture: APIFixture) async throws -> [JobState: Int] {
        try await fixture.inspector.status(of: "mail").states.filter { $0.value > 0 }
    }

    @Test func jobsAreChangedByTheirIDs() async throws {
        let fixture = try await filled()
        try await fixture.serve { call async throws in
            let cancelled = try await call(.post, "queues/mail/jobs/cancel", #"{"ids":["0","gone","0"]}"#)
            #expect(
                cancelled.text
                    == #"{"change":"cancel","dry_run":false,"jobs":[{"id":"0","queue":"mail","done":true,"result":"cancelled"},"#
                    + #"{"id":"gone","queue":"mail","done":false,"result":"missing"}]}"#)
            _ = try await call(.post, "queues/mail/jobs/reschedule", #"{"ids":["1"],"delay":"1h"}"#)
            _ = try await call(.post, "queues/mail/jobs/delete", #"{"ids":["2"]}"#)
            #expect(try await states(fixture) == [.available: 3, .scheduled: 1, .cancelled: 1])
            _ = try await call(.post, "queues/mail/jobs/retry", #"{"ids":["0","1"]}"#)
            #expect(try await states(fixture) == [.available: 5])
        }
    }

    @Test func jobsAreChangedByConditions() async throws {
        let fixture = try await filled()
        try await fixture.serve { call async throws in
            let dry = try await call(
                .post, "queues/mail/jobs/cancel", #"{"where":{"kind":"email","partitions":{"account":"1"}},"dry_run":true}"#)
            let preview = try #require((dry["queues"] as? [[String: Any]])?.first)
            #expect(preview["matched"] as? Int == 2)
            #expect(try await states(fixture) == [.available: 6])
            let done = try await call(
                .post, "queues/mail/jobs/cancel", #"{"where":{"kind":"email","partitions":{"account":"1"}}}"#)
            let result = try #require((done["queues"] as? [[String: Any]])?.first)
            #expect(result["changed"] as? Int == 2)
            #expect(result["complete"] as? Bool == true)
            #expect(try await states(fixture) == [.available: 4, .cancelled: 2])
            _ = try await call(.post, "queues/mail/jobs/delete", #"{"where":{"state":["cancelled"],"limit":1}}"#)
            #expect(try await states(fixture) == [.available: 4, .cancelled: 1])
            _ = try await call(.post, "queues/mail/jobs/delete", #"{"where":{"older_than":"1h"}}"#)
            #expect(try await states(fixture) == [.available: 4, .cancelled: 1])
            _ = try await call(.post, "queues/mail/jobs/delete", #"{"where":{},"all":true}"#)
            #expect(try await states(fixture) == [:])
        }
    }

    @Test func queuesLimitsAndDependenciesAreSwitched() async throws {
        let fixture = try await filled()
        let inspector = fixture.inspector
        try await fixture.serve { call async throws in
            #expect(
                try await call(.post, "queues/mail/pause", #"{"reason":"deploy"}"#).text
                    == #"{"queue":"mail","paused":true,"changed":true}"#)
            #expect(try await inspector.status(of: "mail").pause?.reason == "deploy")
            #expect(try await call(.post, "queues/mail/resume").text == #"{"queue":"mail","paused":false,"changed":true}"#)
            #expect(try await call(.post, "queues/mail/resume", "{}").text.contains(#""changed":false"#))
            #expect(try await call(.post, "queues/later/pause", #"{"new":true}"#).status == 200)
            let set = try await call(.post, "queues/mail/limits", #"{"name":"rate/account","value":"5/10s","for":"30m"}"#)
            #expect(set["for_ms"] as? Int == 1_800_000)
            #expect(try await inspector.limits(of: "mail").overrides.map(\.setting.name) == ["rate/account"])
            let cleared = try await call(.post, "queues/mail/limits/clear", #"{"name":"rate/account"}"#)
            #expect(cleared["changed"] as? Bool == true)
            #expect(try await call(.post, "dependencies/smtp/off").status == 200)
            #expect(try await inspector.dependenciesOff() == ["smtp"])
            #expect(try await call(.post, "queues/mail/dependencies/smtp/on").status == 200)
            #expect(try await inspector.dependencies(of: "mail").allSatisfy { $0.offSince == nil })
        }
    }

    @Test func cronEntriesArePausedAndRun() async throws {
        let fixture = try await filled()
        let request = try JobRequest(kind: "digest", queue: "mail", arguments: "1")
        try await fixture.client.crontab(of: "mail").add(Cron("daily", schedule: "0 7 * * *", request: request))
        try await fixture.serve { call async throws in
            let path = "queues/mail/cron/daily"
            #expect(try await call(.post, "\(path)/pause", #"{"reason":"r"}"#)["changed"] as? Bool == true)
            #expect(try await fixture.inspector.cron(of: "mail").first?.pause?.reason == "r")
            #expect(try await call(.post, "\(path)/pause")["changed"] as? Bool == false)
            #expect(try await call(.post, "\(path)/resume")["changed"] as? Bool == true)
            let id = try #require(try await call(.post, "\(path)/run").string("id"))
            #expect(try await fixture.inspector.job(JobID(id), in: "mail")?.kind == "digest")
        }
    }

    @Test func aWorkflowIsMadeFromItsNodes() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let body = #"""
                {"name":"report","id":"r1","deadline":"1h","context":{"day":9007199254740993},"nodes":[
                 {"node":"extract","job":{"queue":"q","kind":"extract","args":[1]}},
                 {"node":"clean","job":{"queue":"q","kind":"clean","priority":1},"after":["extract"],"on_failed":"hold"},
                 {"node":"merge","after":["clean",{"node":"extract","on_failed":"ignore"}]}]}
                """#
            let added = try await call(.post, "workflows", body)
            #expect(added.status == 201)
            #expect(added.text == #"{"workflow":"r1","added":true}"#)
            #expect(added.headers[.location] == "/api/v1/workflows/r1")
            #expect(try await call(.post, "workflows", body).status == 200)
            let details = try #require(try await fixture.inspector.workflow("r1"))
            #expect(details.graph.nodes.map(\.name).sorted() == ["clean", "extract", "merge"])
            let edges = Set(details.graph.edges.map { "\($0.from) \($0.to) \($0.policy.rawValue)" })
            #expect(edges == ["extract clean hold", "clean merge cancel", "extract merge ignore"])
            struct Context: Decodable { var day: Int }
            #expect(try await fixture.client.workflow("r1").shared(as: Context.self).day == 9_007_199_254_740_993)
            let cancelled = try await call(.post, "workflows/r1/cancel")
            #expect(cancelled.status == 200)
            #expect(cancelled.string("stopped") == "cancelled")
        }
    }

    @Test func aBatchIsOpenedFilledAndSealed() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let opened = try await call(
                .post, "batches", #"{"name":"import","id":"b1","on":{"completed":{"queue":"q","kind":"publish"}}}"#)
            #expect(opened.status == 201)
            #expect(opened.headers[.location] == "/api/v1/batches/b1")
            let added = try await call(.post, "batches/b1/jobs", #"[{"queue":"q","kind":"x"},{"queue":"p","kind":"x"}]"#)
            #expect(added.text == #"{"batch":"b1","added":2,"existing":0,"duplicates":0}"#)
            let sealed = try await call(.post, "batches/b1/seal")
            #expect(sealed.string("state") == "sealed")
            let shown = try await call(.get, "batches/b1")
            #expect((shown["waiting"] as? [Any])?.count == 2)
            #expect((shown["callbacks"] as? [[String: Any]])?.first?["kind"] as? String == "publish")
        }
    }
}
