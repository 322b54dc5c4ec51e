import Foundation
import HTTPTypes
import Hiredis
import HummingbirdCore
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import Testing

@testable import SluiceWeb

/// Jobs that are enqueued over HTTP.
struct APIEnqueueTests {
    @Test func aJobIsAddedOnce() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let body = #"{"kind":"email","id":"a/b","args":{"to":"x"}}"#
            let first = try await call(.post, "queues/mail/jobs", body)
            #expect(first.status == 201)
            #expect(first.text == #"{"queue":"mail","id":"a/b","added":true}"#)
            #expect(first.headers[.location] == "/api/v1/jobs/mail/a%2Fb")
            let second = try await call(.post, "queues/mail/jobs", body)
            #expect(second.status == 200)
            #expect(second.text == #"{"queue":"mail","id":"a/b","added":false}"#)
            let shown = try await call(.get, "jobs/mail/a%2Fb")
            #expect(shown.string("kind") == "email")
            let made = try await call(.post, "queues/mail/jobs", #"{"kind":"email"}"#)
            #expect(made.status == 201)
            #expect(made.string("id")?.count == 14)
        }
    }

    @Test func theIdempotencyKeyBecomesTheID() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            for (key, status) in [("\"order-7\"", 201), ("order-7", 200)] {
                let answer = try await call(
                    .post, "queues/mail/jobs", #"{"kind":"email"}"#, headers: [("Idempotency-Key", key)])
                #expect(answer.status == status)
                #expect(answer.string("id") == "order-7")
            }
            let other = try await call(
                .post, "queues/mail/jobs", #"{"kind":"email","id":"x"}"#, headers: [("Idempotency-Key", "order-7")])
            #expect(other.status == 422)
            let bad = try await call(.post, "queues/mail/jobs", #"{"kind":"email"}"#, headers: [("Idempotency-Key", "a b")])
            #expect(bad.status == 422)
        }
    }

    /// A server without replicas confirms nothing: the job is there, and the answer says what is missing.
    @Test func jobsThatReplicasDoNotConfirmAreAccepted() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let place = "queues/mail/jobs?replicas=1&replicas_within=20ms"
            for added in [true, false] {
                let one = try await call(.post, place, #"{"kind":"x","id":"a"}"#)
                #expect(one.status == 202)
                #expect(one.text == #"{"queue":"mail","id":"a","added":\#(added),"confirmed":false}"#)
                #expect(one.headers[.location] == "/api/v1/jobs/mail/a")
            }
            let many = try await call(
                .post, "jobs?replicas=1&replicas_within=20ms",
                #"[{"queue":"mail","kind":"x","id":"a"},{"queue":"mail","kind":"x","id":"b"}]"#)
            #expect(many.status == 202)
            #expect(many.text.contains(#""added":1,"existing":1,"refused":0"#))
            #expect(many.text.contains(#"{"queue":"mail","id":"b","added":true,"confirmed":false}"#))
            for query in ["replicas=0", "replicas=x", "replicas_within=1s", "replicas=1&replicas_within=31s"] {
                #expect(try await call(.post, "queues/mail/jobs?\(query)", #"{"kind":"x"}"#).status == 422)
            }
        }
    }

    /// Arguments travel as text: no number loses a digit, and no string its escapes.
    @Test(arguments: [
        "9007199254740993", "-170141183460469231731687303715884105728", "1e400", "0.1000000000000000055511151231257827",
        #"{"n":9223372036854775807,"a":[1.0,1,1e2],"s":"\u0000\ud83d\ude00 <b>"}"#, "null", "[]", #""text""#,
    ])
    func argumentsKeepEveryDigit(arguments: String) async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let one = try await call(.post, "queues/mail/jobs", #"{"kind":"x","id":"one","args": \#(arguments) }"#)
            #expect(one.status == 201)
            let many = try await call(.post, "jobs", #"[{"queue":"mail","kind":"x","id":"two","args":\#(arguments)}]"#)
            #expect(many.status == 200)
            for id in ["one", "two"] {
                let shown = try await call(.get, "jobs/mail/\(id)")
                #expect(shown.text.contains("\"arguments\":\(arguments),\"version\""))
            }
        }
    }

    /// Each member of a job, and where it is shown.
    @Test func everyFieldArrives() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            _ = try await call(.post, "queues/other/jobs", #"{"kind":"parent","id":"parent"}"#)
            let all = #"""
                {"kind":"<b>","id":"all","args":{"card":"4111","n":1},"delay":"90s","priority":2,
                 "partitions":{"account":"42","host":"a/b"},"needs":["tmdb","imdb?"],"max_attempts":3,"max_waits":7,
                 "timeout":"1m30s","deadline":"2h","redact":["card"],"args_version":4,"unique_args":true,
                 "unique_until":"start","on_conflict":"fail","notify":"https://example.org/hook","notify_on":["ended","progress"]}
                """#
            #expect(try await call(.post, "queues/mail/jobs", all).status == 201)
            let job = try #require(try await fixture.inspector.job("all", in: "mail"))
            #expect(job.kind == "<b>")
            #expect(job.arguments == #"{"card":"[redacted]","n":1}"# || job.arguments.contains("n\":1"))
            #expect(!job.arguments.contains("4111"))
            #expect(job.state == .scheduled)
            #expect(job.priority == 2)
            #expect(job.partitions == ["account": "42", "host": "a/b"])
            #expect(job.needs.map(\.description) == ["tmdb", "imdb?"])
            #expect(job.maxAttempts == 3)
            #expect(job.maxWaits == 7)
            #expect(job.timeout == .seconds(90))
            #expect(job.version == 4)
            #expect(job.redacted == ["card"])
            #expect(job.uniqueness?.isUntilStarted == true)
            let start = Double(fixture.queues.start) / 1000
            #expect(job.dueAt?.timeIntervalSince1970 == start + 90)
            #expect(job.deadline?.timeIntervalSince1970 == start + 7200)

            let chained = #"{"kind":"x","id":"chained","chain":"c","hold_on_discard":true,"at":"2999-01-01T00:00:00Z"}"#
            #expect(try await call(.post, "queues/mail/jobs", chained).status == 201)
            let second = try #require(try await fixture.inspector.job("chained", in: "mail"))
            #expect(second.chain == Chain("c", onDiscarded: .hold))
            #expect(second.dueAt?.timeIntervalSince1970 == 32_472_144_000)
            #expect(try await call(.post, "queues/mail/jobs", #"{"kind":"x","id":"num","at":32472144000.5}"#).status == 201)
            #expect(try await fixture.inspector.job("num", in: "mail")?.dueAt?.timeIntervalSince1970 == 32_472_144_000.5)

            let follower = #"{"kind":"x","id":"child","after":"parent","after_queue":"other","on_failed":"ignore"}"#
            let followed = try await call(.post, "queues/other/jobs", follower)
            #expect(followed.status == 201)
            let child = try #require(try await fixture.inspector.job("child", in: "other"))
            #expect(child.state == .suspended)
            #expect(child.links.parent?.id == "parent")
            #expect(child.links.parent?.onFailed == .ignore)

            let keyed = #"{"kind":"x","unique":"k","unique_for":"1h","on_conflict":"keep"}"#
            let owner = try await call(.post, "queues/mail/jobs", keyed)
            let equal = try await call(.post, "queues/mail/jobs", keyed)
            #expect(owner.status == 201 && equal.status == 200)
            #expect(owner.string("id") == equal.string("id"))
        }
    }

    @Test func aDuplicateThatMayNotBeIsAConflict() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let body = #"{"kind":"x","unique":"k","on_conflict":"fail"}"#
            let owner = try await call(.post, "queues/mail/jobs", body)
            let refused = try await call(.post, "queues/mail/jobs", body)
            #expect(refused.status == 409)
            #expect(refused.string("code") == "duplicate")
            #expect(refused.string("owner") == owner.string("id"))
        }
    }

    @Test func anEncryptedJobIsReadableForThoseWithKeysOnly() async throws {
        let access = DashboardAccess.custom { request in
            Principal(name: "x", role: request.headers[.userAgent] == "admin" ? .admin : .operator)
        }
        let fixture = try await APIFixture(access: access) { options in
            options.keys = try PayloadKeys.random(id: "k1")
        }
        try await fixture.serve { call async throws in
            let body = #"{"kind":"x","id":"s","encrypt":true,"args":{"secret":1}}"#
            #expect(try await call(.post, "queues/mail/jobs", body).status == 201)
            let spec = try await fixture.queues.command("HGET", fixture.queues.base("mail") + ":spec", "s")
            #expect(!"\(spec)".contains("secret"))
            let seen = try await call(.get, "jobs/mail/s", headers: [("User-Agent", "admin")])
            #expect(seen.text.contains(#""arguments":{"secret":1}"#))
            let hidden = try await call(.get, "jobs/mail/s")
            #expect(hidden.status == 200)
            #expect(!hidden.text.contains("secret"))
        }
    }

    @Test func aTraceIsTakenOver() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            for (id, header) in [("good", parent), ("bad", "00-zz-00f067aa0ba902b7-01")] {
                _ = try await call(
                    .post, "queues/mail/jobs", #"{"kind":"x","id":"\#(id)"}"#,
                    headers: [("traceparent", header), ("tracestate", "a=b")])
            }
            let good = try #require(
                try await fixture.queues.command("HGET", fixture.queues.base("mail") + ":spec", "good").root.string)
            #expect(good.contains(parent))
            let bad = try #require(
                try await fixture.queues.command("HGET", fixture.queues.base("mail") + ":spec", "bad").root.string)
            #expect(!bad.contains("trace"))
        }
    }

    @Test func aFullQueueSaysWhenToComeBack() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            #expect(try await call(.post, "queues/mail/jobs", #"{"kind":"x"}"#).status == 201)
            #expect(try await call(.post, "queues/mail/limits", #"{"name":"depth","value":"1"}"#).status == 200)
            let refused = try await call(.post, "queues/mail/jobs", #"{"kind":"x"}"#)
            #expect(refused.status == 429)
            #expect(refused.string("code") == "queueFull")
            #expect(try #require(refused.headers[.retryAfter].flatMap { Int($0) }) >= 1)
            let many = try await call(
                .post, "jobs", #"[{"queue":"mail","kind":"x"},{"queue":"free","kind":"x"}]"#)
            #expect(many.status == 207)
            #expect(many["added"] as? Int == 1)
            #expect(many["refused"] as? Int == 1)
        }
    }
}
