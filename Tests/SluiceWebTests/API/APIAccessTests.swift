import Foundation
import HTTPTypes
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import Testing

@testable import SluiceWeb

/// Who may do what.
struct APIAccessTests {
    /// A body that each route reads.
    static func body(_ route: APIRoute, kind: String = "email", queue: String = "mail") -> String? {
        switch route.name {
        case "enqueue": #"{"kind":"\#(kind)"}"#
        case "enqueueMany", "addToBatch": #"[{"queue":"\#(queue)","kind":"\#(kind)"}]"#
        case "retryJobs", "cancelJobs", "deleteJobs": #"{"where":{"kind":"\#(kind)"},"dry_run":true}"#
        case "rescheduleJobs": #"{"where":{"kind":"\#(kind)"},"dry_run":true,"delay":"1s"}"#
        case "setLimit": #"{"name":"concurrency","value":"3"}"#
        case "clearLimit": #"{"name":"concurrency"}"#
        case "putCron": #"{"schedule":"0 7 * * *","job":{"kind":"\#(kind)"}}"#
        case "openBatch": #"{"name":"b"}"#
        case "createToken": #"{"name":"t","role":"viewer"}"#
        case "addWorkflow": #"{"name":"w","nodes":[{"node":"a","job":{"queue":"\#(queue)","kind":"\#(kind)"}}]}"#
        default: route.method == .post ? "{}" : nil
        }
    }

    private func filled(_ fixture: APIFixture) async throws {
        for queue: QueueName in ["mail", "other"] {
            for kind in ["email", "letter"] {
                var request = try JobRequest(kind: kind, queue: queue, arguments: "{}")
                request.id = JobID(known: kind)
                try await fixture.client.enqueue(request)
            }
        }
    }

    /// Every route with every role, with none, and with an expired and a forged token.
    @Test func everyRouteChecksTheRole() async throws {
        let fixture = try await APIFixture(.virtual, access: .custom { _ in nil })
        try await filled(fixture)
        let expired = try await fixture.inspector.createToken("old", role: .admin, expires: .milliseconds(1)).secret
        var secrets: [Role: String] = [:]
        for role in Role.allCases { secrets[role] = try await fixture.inspector.createToken(role.rawValue, role: role).secret }
        let tokens = secrets
        try await fixture.serve { call async throws in
            for route in APITable.full.routes {
                let (path, body) = (APITableTests.filled(route, id: "email"), Self.body(route))
                for token in [nil, expired, "sluice_aaaaaaaaaa_\(String(repeating: "a", count: 52))", "x", ""] {
                    let answer = try await call(route.method, path, body, token: token)
                    #expect(answer.status == 401, "\(route.name) with \(token ?? "no token")")
                }
                for role in Role.allCases {
                    let answer = try await call(route.method, path, body, token: tokens[role])
                    if role >= route.role {
                        #expect(![401, 403, 500, 503].contains(answer.status), "\(route.name) \(role): \(answer.text)")
                    } else {
                        #expect(answer.status == 403, "\(route.name) \(role)")
                        #expect(answer.string("code") == "forbidden")
                    }
                }
            }
        }
    }

    /// A token for one queue, and one for one kind in it, with each route: in their queue, in another, with another kind.
    @Test func aLimitedTokenDoesNothingElse() async throws {
        let fixture = try await APIFixture(access: .custom { _ in nil })
        try await filled(fixture)
        let ofQueue = try await fixture.inspector.createToken("q", role: .admin, queues: ["mail"]).secret
        let ofKind = try await fixture.inspector.createToken("k", role: .admin, queues: ["mail"], kinds: ["email"]).secret
        try await fixture.serve { call async throws in
            for route in APITable.full.routes {
                for (token, hasKinds) in [(ofQueue, false), (ofKind, true)] {
                    for (queue, kind) in [("mail", "email"), ("mail", "letter"), ("other", "email")] {
                        let path = APITableTests.filled(route, queue: queue, id: kind)
                        let answer = try await call(
                            route.method, path, Self.body(route, kind: kind, queue: queue), token: token)
                        let isOwn = queue == "mail" && (kind == "email" || !hasKinds)
                        let expected: Bool =
                            switch route.reach {
                            case .own: true
                            case .namespace: false
                            case .queues: !hasKinds
                            case .queue: queue == "mail" && !hasKinds
                            case .jobsOfQueue: isOwn
                            case .jobs: true
                            }
                        #expect((answer.status != 403) == expected, "\(route.name) \(queue) \(kind): \(answer.text)")
                        #expect(answer.status < 500)
                    }
                }
            }
        }
    }

    @Test func aLimitedTokenSeesAndEnqueuesItsOwnOnly() async throws {
        let fixture = try await APIFixture(access: .custom { _ in nil })
        try await filled(fixture)
        let token = try await fixture.inspector.createToken("k", role: .operator, queues: ["mail"], kinds: ["email"]).secret
        let queueToken = try await fixture.inspector.createToken("q", role: .operator, queues: ["mail"]).secret
        try await fixture.serve { call async throws in
            let list = try await call(.get, "jobs", token: token)
            let jobs = try #require(list["jobs"] as? [[String: Any]])
            #expect(jobs.map { "\($0["queue"] ?? "")/\($0["kind"] ?? "")" } == ["mail/email"])
            #expect(try await call(.get, "jobs?queue=other", token: token).status == 403)
            #expect(try await call(.get, "jobs?kind=letter", token: token).status == 403)
            #expect(try await call(.get, "jobs?cursor=other/available/0/0", token: token).status == 422)
            #expect(try await call(.get, "jobs?kind=letter", token: queueToken).status == 200)

            let queues = try await call(.get, "queues", token: queueToken)
            #expect((queues.json as? [[String: Any]])?.map { $0["queue"] as? String } == ["mail"])
            #expect(try await call(.get, "queues?queue=other", token: queueToken).status == 403)

            let many = try await call(
                .post, "jobs",
                #"[{"queue":"mail","kind":"email"},{"queue":"other","kind":"email"},{"queue":"mail","kind":"letter"}]"#,
                token: token)
            #expect(many.status == 207)
            let statuses = (many["jobs"] as? [[String: Any]] ?? []).map { ($0["error"] as? [String: Any])?["status"] as? Int }
            #expect(statuses == [nil, 403, 403])

            for body in [
                #"{"kind":"email","after":"email","after_queue":"other"}"#, #"{"kind":"email","after":"letter"}"#,
                #"{"kind":"email","unique":"key"}"#,
            ] {
                #expect(try await call(.post, "queues/mail/jobs", body, token: token).status == 403, "\(body)")
            }
            #expect(
                try await call(.post, "queues/mail/jobs", #"{"kind":"email","unique_args":true}"#, token: token).status == 201)
            #expect(try await call(.post, "queues/mail/jobs", #"{"kind":"email","after":"email"}"#, token: token).status == 201)
            let retried = try await call(.post, "queues/mail/jobs/cancel", #"{"ids":["email","letter"]}"#, token: token)
            #expect(retried.status == 403)
            #expect(try await fixture.inspector.job("email", in: "mail")?.state == .available)
            let all = try await call(.post, "queues/mail/jobs/delete", #"{"where":{},"all":true}"#, token: token)
            #expect(all.status == 200)
            #expect(try await fixture.inspector.status(of: "mail").states[.available] == 1)
            #expect(try await fixture.inspector.job("letter", in: "mail") != nil)
        }
    }

    @Test func aTokenTellsWhatItMayDo() async throws {
        let fixture = try await APIFixture(access: .custom { _ in nil })
        let token = try await fixture.inspector.createToken("k", role: .operator, queues: ["mail"], kinds: ["email"]).secret
        try await fixture.serve { call async throws in
            let answer = try await call(.get, "whoami", token: token)
            #expect(answer.text == #"{"name":"token:k","role":"operator","queues":["mail"],"kinds":["email"]}"#)
        }
    }

    @Test func aRevokedTokenEndsAfterTheCache() async throws {
        let fixture = try await APIFixture(access: .custom { _ in nil })
        let (token, secret) = try await fixture.inspector.createToken("k", role: .viewer)
        let cache = TokenCache()
        let now = ContinuousClock.now
        #expect(try await cache.token(secret, at: now, fixture.inspector)?.id == token.id)
        try await fixture.inspector.revokeToken(token.id)
        #expect(try await cache.token(secret, at: now + .seconds(2), fixture.inspector)?.id == token.id)
        #expect(try await cache.token(secret, at: now + TokenCache.span, fixture.inspector) == nil)
        #expect(try await cache.token(secret, at: now, fixture.inspector) == nil)
    }

    @Test func anotherSiteCannotUseTheCookies() async throws {
        let fixture = try await APIFixture(access: .open(.admin))
        try await fixture.serve { call async throws in
            for header in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")] {
                let answer = try await call(.post, "queues/mail/jobs", #"{"kind":"x"}"#, headers: [header])
                #expect(answer.status == 403)
                #expect(answer.string("code") == "crossOrigin")
            }
            let own = try await call(.post, "queues/mail/jobs", #"{"kind":"x"}"#, headers: [("Sec-Fetch-Site", "same-origin")])
            #expect(own.status == 201)
            // A wrong token is refused although everybody is let in.
            #expect(try await call(.get, "queues", token: "sluice_x").status == 401)
            #expect(try await call(.get, "queues", token: "other").status == 401)
        }
    }

    @Test func aServerThatOnlyShowsChangesNothing() async throws {
        let fixture = try await APIFixture(options: DashboardOptions(isReadOnly: true))
        try await fixture.serve { call async throws in
            let answer = try await call(.post, "queues/mail/jobs", #"{"kind":"x"}"#)
            #expect(answer.status == 403)
            #expect(answer.string("code") == "readOnly")
            #expect(try await call(.get, "queues").status == 200)
        }
    }

    @Test func everyChangeIsInTheLog() async throws {
        let fixture = try await APIFixture(access: .custom { _ in nil })
        try await filled(fixture)
        let token = try await fixture.inspector.createToken("ops", role: .admin).secret
        let cron = Cron("digest", schedule: "0 7 * * *", request: try JobRequest(kind: "x", queue: "mail", arguments: "1"))
        try await fixture.client.crontab(of: "mail").add(cron)
        var flow = Workflow("w")
        flow.id = "flow"
        flow.add("a", try JobRequest(kind: "x", queue: "mail", arguments: "1"))
        try await fixture.client.enqueue(flow)
        let changes: [(String, String, String)] = [
            ("queues/mail/pause", #"{"reason":"r"}"#, "queues pause"),
            ("queues/mail/resume", #"{"reason":"r"}"#, "queues resume"),
            ("queues/mail/limits", #"{"name":"concurrency","value":"3","reason":"r"}"#, "limits set"),
            ("queues/mail/limits/clear", #"{"name":"concurrency","reason":"r"}"#, "limits clear"),
            ("queues/mail/dependencies/tmdb/off", #"{"reason":"r"}"#, "dependencies off"),
            ("dependencies/tmdb/on", #"{"reason":"r"}"#, "dependencies on"),
            ("queues/mail/jobs/reschedule", #"{"ids":["email"],"delay":"1h","reason":"r"}"#, "jobs reschedule"),
            ("queues/mail/jobs/retry", #"{"ids":["email"],"reason":"r"}"#, "jobs retry"),
            ("queues/mail/jobs/cancel", #"{"where":{"kind":"letter"},"reason":"r"}"#, "jobs cancel"),
            ("queues/mail/jobs/delete", #"{"ids":["email"],"reason":"r"}"#, "jobs delete"),
            ("queues/mail/cron/digest/pause", #"{"reason":"r"}"#, "cron pause"),
            ("queues/mail/cron/digest/resume", #"{"reason":"r"}"#, "cron resume"),
            ("queues/mail/cron/digest/run", #"{"reason":"r"}"#, "cron run"),
            ("workflows/flow/cancel", #"{"reason":"r"}"#, "workflows cancel"),
            ("workflows/flow/retry", #"{"node":"a","reason":"r"}"#, "workflows retry"),
            ("queues/mail/repair", #"{"reason":"r"}"#, "audit repair"),
        ]
        try await fixture.serve { call async throws in
            for (path, body, verb) in changes {
                let answer = try await call(.post, path, body, token: token)
                #expect(answer.status == 200, "\(path): \(answer.text)")
                let last = try #require(try await fixture.inspector.actions(newest: 1).actions.first)
                #expect(last.verb.rawValue == verb)
                #expect(last.author.name == "token:ops")
                #expect(last.author.channel == .api)
                #expect(last.reason == "r")
                #expect(last.outcome?.error == nil)
                #expect(last.outcome != nil)
            }
            let log = try await call(.get, "actions?limit=3&actor=token:ops", token: token)
            #expect((log["actions"] as? [Any])?.count == 3)
            let next = try #require(log.string("next"))
            #expect(try await call(.get, "actions?cursor=\(next)", token: token).status == 200)
        }
    }
}
