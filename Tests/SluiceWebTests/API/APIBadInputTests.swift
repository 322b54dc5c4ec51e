import Foundation
import HTTPTypes
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import Testing

@testable import SluiceWeb

/// What is not valid gets a problem that says where, and never a failure of the server.
struct APIBadInputTests {
    @Test(
        arguments: [
            ("", 400, "malformedJSON", "empty", nil), ("{", 400, "malformedJSON", "a name in quotes", nil),
            (#"{"kind":"x",}"#, 400, "malformedJSON", "at byte 13", nil),
            (#"{"kind":"x"} x"#, 400, "malformedJSON", "byte 14", nil),
            (#"{"kind":"x","args":01}"#, 400, "malformedJSON", "byte 21", nil), ("\u{FEFF}{}", 400, "malformedJSON", "", nil),
            ("[]", 422, "invalidArgument", "an object", ""), ("null", 422, "invalidArgument", "an object", ""),
            ("{}", 422, "invalidArgument", "'kind' is missing", ""),
            (#"{"kind":7}"#, 422, "invalidArgument", "a string", "/kind"),
            (#"{"kind":""}"#, 422, "invalidArgument", "1 to 128", "/kind"),
            (#"{"kind":"a\nb"}"#, 422, "invalidArgument", "control", "/kind"),
            (#"{"kind":"a\u0000"}"#, 422, "invalidArgument", "control", "/kind"),
            (#"{"kind":"a\ud800"}"#, 422, "invalidArgument", "escape", "/kind"),
            (#"{"kind":"x","kind":"y"}"#, 422, "invalidArgument", "twice", "/kind"),
            (#"{"kind":"x","a/b~c":1}"#, 422, "invalidArgument", "no such member", "/a~1b~0c"),
            (#"{"kind":"x","queue":"other"}"#, 422, "invalidArgument", "no such member", "/queue"),
            (#"{"kind":"x","priority":9007199254740993}"#, 422, "invalidArgument", "from 0 to 9", "/priority"),
            (#"{"kind":"x","priority":1e0}"#, 422, "invalidArgument", "whole number", "/priority"),
            (#"{"kind":"x","max_attempts":99999999999999999999}"#, 422, "invalidArgument", "whole number", "/max_attempts"),
            (#"{"kind":"x","max_attempts":0}"#, 422, "invalidArgument", "from 1", "/max_attempts"),
            (#"{"kind":"x","delay":"soon"}"#, 422, "invalidArgument", "no duration", "/delay"),
            (#"{"kind":"x","timeout":"0s"}"#, 422, "invalidArgument", "above 0", "/timeout"),
            (#"{"kind":"x","at":"2026-02-30T00:00:00Z"}"#, 422, "invalidArgument", "no such moment", "/at"),
            (#"{"kind":"x","at":1e300}"#, 422, "invalidArgument", "no time", "/at"),
            (#"{"kind":"x","delay":"1s","at":1}"#, 422, "invalidArgument", "exclude", ""),
            (#"{"kind":"x","id":"a b"}"#, 422, "invalidArgument", "job id", "/id"),
            (#"{"kind":"x","id":""}"#, 422, "invalidArgument", "job id", "/id"),
            (#"{"kind":"x","partitions":{"a b":"1"}}"#, 422, "invalidArgument", "partition", nil),
            (#"{"kind":"x","partitions":{"a":1}}"#, 422, "invalidArgument", "string", "/partitions/a"),
            (#"{"kind":"x","partitions":{"a":"1"},"needs":["a"]}"#, 422, "invalidArgument", "twice", nil),
            (#"{"kind":"x","needs":["a",1]}"#, 422, "invalidArgument", "string", "/needs/1"),
            (#"{"kind":"x","chain":""}"#, 422, "invalidArgument", "empty", nil),
            (#"{"kind":"x","chain":"c","priority":1}"#, 422, "invalidArgument", "priority", nil),
            (#"{"kind":"x","hold_on_discard":true}"#, 422, "invalidArgument", "chain", ""),
            (#"{"kind":"x","on_failed":"hold"}"#, 422, "invalidArgument", "'after'", ""),
            (#"{"kind":"x","on_failed":"never"}"#, 422, "invalidArgument", "cancel, ignore", "/on_failed"),
            (#"{"kind":"x","after":"gone"}"#, 422, "parentUnknown", "gone", nil),
            (#"{"kind":"x","unique":"k","unique_args":true}"#, 422, "invalidArgument", "exclude", ""),
            (#"{"kind":"x","unique_for":"1h"}"#, 422, "invalidArgument", "go with", ""),
            (#"{"kind":"x","notify":"ftp://x"}"#, 422, "invalidArgument", "web hook", nil),
            (#"{"kind":"x","notify_on":["ended"]}"#, 422, "invalidArgument", "notify", ""),
            (#"{"kind":"x","encrypt":true}"#, 422, "invalidArgument", "key", nil),
        ] as [(String, Int, String, String, String?)])
    func aJobThatIsNotValid(body: String, status: Int, code: String, part: String, pointer: String?) async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let answer = try await call(.post, "queues/mail/jobs", body)
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(answer["status"] as? Int == status)
            #expect(answer.string("code") == code)
            #expect(answer.string("title") != nil && answer.string("type") == "about:blank")
            #expect(part.isEmpty || answer.string("detail")?.contains(part) == true, "\(answer.text)")
            if let pointer { #expect(answer.string("pointer") == pointer) }
            #expect(try await fixture.inspector.status(of: "mail").isUnused)
        }
    }

    @Test func aDeepBodyIsRefused() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let deep = String(repeating: "[", count: 100_000)
            #expect(try await call(.post, "queues/mail/jobs", deep).status == 400)
            #expect(try await call(.post, "jobs", deep).status == 400)
        }
    }

    @Test func aBodyOfAnotherTypeIsRefused() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", nil] {
                let answer = try await call(.post, "queues/mail/jobs", #"{"kind":"x"}"#, type: type)
                #expect(answer.status == 415, "\(type ?? "none")")
            }
            let lines = try await call(.post, "queues/mail/jobs", #"{"kind":"x"}"#, type: "application/x-ndjson")
            #expect(lines.status == 415)
            let zipped = try await call(.post, "queues/mail/jobs", #"{"kind":"x"}"#, headers: [("Content-Encoding", "gzip")])
            #expect(zipped.status == 415)
            let charset = try await call(.post, "queues/mail/jobs", #"{"kind":"x"}"#, type: "Application/JSON; charset=utf-8")
            #expect(charset.status == 201)
        }
    }

    @Test func aLargeBodyIsRefused() async throws {
        let fixture = try await APIFixture { $0.payloadLimit = 100_000 }
        try await fixture.serve { call async throws in
            func job(_ size: Int) -> String { #"{"kind":"x","args":"\#(String(repeating: "x", count: size))"}"# }
            #expect(try await call(.post, "queues/mail/jobs", job(90_000)).status == 201)
            let payload = try await call(.post, "queues/mail/jobs", job(110_000))
            #expect(payload.status == 413)
            #expect(payload.string("code") == "payloadTooLarge")
            let body = try await call(.post, "queues/mail/jobs", job(200_000))
            #expect(body.status == 413)
            #expect(body.string("code") == "tooLarge")
            // Without a length in front, too.
            #expect(try await call(.post, "jobs", String(repeating: " ", count: EnqueueRoutes.mostBytes + 1)).status == 413)
        }
    }

    @Test(arguments: [
        "jobs?state=lost", "jobs?limit=0", "jobs?limit=1001", "jobs?limit=9007199254740993", "jobs?limit=x", "jobs?limit=",
        "jobs?cursor=x", "jobs?cursor=a/available/0/-1", "jobs?cursor=%00", "jobs?queue=a%20b", "jobs?kind=x&kind=y",
        "jobs?stat=available", "workflows?state=open", "batches?limit=-1", "queues?queue=", "jobs?limit=1&limit=2",
        "queues/mail/forecast?workers=x", "queues/mail/forecast?workers=1001",
        "queues/mail/history?by=day", "queues/mail/history?last=soon", "queues/mail/history?last=1h&from=0",
        "queues/mail/history?to=1", "queues/mail/history?from=2&to=1", "queues/mail/history?from=yesterday",
        "queues/mail/history?kind=%0A", "jobs?kind=%00", "jobs?kind=\(String(repeating: "x", count: 129))",
    ])
    func aQueryThatMakesNoSense(path: String) async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let answer = try await call(.get, path)
            #expect(answer.status == 422, "\(answer.text)")
            #expect(answer.headers[.contentType] == "application/problem+json")
        }
    }

    /// An old cursor, whose jobs have gone, gives what there is.
    @Test func anOldCursorIsHarmless() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            for id in 0..<5 { _ = try await call(.post, "queues/mail/jobs", #"{"kind":"x","id":"\#(id)"}"#) }
            let page = try await call(.get, "jobs?limit=2")
            let cursor = try #require(page.string("next"))
            _ = try await call(.post, "queues/mail/jobs/delete", #"{"where":{},"all":true}"#)
            let next = try await call(.get, "jobs?cursor=\(cursor)")
            #expect(next.status == 200)
            #expect((next["jobs"] as? [Any])?.isEmpty == true)
        }
    }

    @Test(arguments: [
        "queues/nobody", "queues/%3Cb%3E", "queues/%00", "queues/a%2Fb", "queues/%FF", "jobs/mail/gone", "jobs/nobody/gone",
        "jobs/mail/a%20b", "jobs/mail/%0d%0aSet-Cookie:x", "jobs/mail/gone/explanation", "jobs/mail/gone/result?wait=30",
        "workflows/gone", "workflows/%3Cscript%3E", "batches/gone", "queues/mail/cron/gone", "queues/mail/cron/gone/history",
        "queues/%F0%9F%98%80/limits",
        "queues/nobody/errors", "doctor?queue=nobody", "audit?queue=nobody", "queues/nobody/forecast", "queues/nobody/history",
        "jobs/mail/gone/forecast",
    ])
    func aNameThatNothingHas(path: String) async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            _ = try await call(.post, "queues/mail/jobs", #"{"kind":"x"}"#)
            let answer = try await call(.get, path)
            #expect(answer.status == 404, "\(answer.text)")
            #expect(answer.headers[.setCookie] == nil)
            #expect(!answer.text.contains("<"))
        }
    }

    @Test(arguments: [
        ("queues/nobody/pause", "{}", 404), ("queues/nobody/jobs/retry", #"{"ids":["a"]}"#, 404),
        ("queues/mail/jobs/retry", "{}", 422), ("queues/mail/jobs/retry", #"{"ids":[]}"#, 422),
        ("queues/mail/jobs/retry", #"{"ids":["a b"]}"#, 422), ("queues/mail/jobs/retry", #"{"ids":["a"],"where":{}}"#, 422),
        ("queues/mail/jobs/delete", #"{"where":{}}"#, 422), ("queues/mail/jobs/delete", #"{"where":{"kid":"x"}}"#, 422),
        ("queues/mail/jobs/retry", #"{"where":{"state":["available"]}}"#, 422),
        ("queues/mail/jobs/reschedule", #"{"ids":["a"]}"#, 422), ("queues/mail/limits", #"{"name":"speed","value":"1"}"#, 422),
        ("queues/mail/limits", #"{"name":"concurrency","value":"many"}"#, 422),
        ("queues/mail/limits/clear", #"{"name":"/"}"#, 422), ("dependencies/a%20b/off", "{}", 422),
        ("queues/mail/cron/gone/run", "{}", 404), ("workflows/gone/cancel", "{}", 404), ("batches/gone/seal", "", 404),
        ("batches/gone/jobs", #"[{"queue":"mail","kind":"x"}]"#, 404),
        ("workflows", #"{"name":"w","nodes":[]}"#, 422),
        ("workflows", #"{"name":"w","nodes":[{"node":"a","after":["a"]}]}"#, 422),
        ("workflows", #"{"name":"w","nodes":[{"node":"a","after":["b"]}]}"#, 422),
        ("workflows", #"{"name":"w","nodes":[{"node":"a","job":{"queue":"q","kind":"k","id":"x"}}]}"#, 422),
        ("batches", #"{"name":"b","on":{"finished":{"queue":"q","kind":"k"}}}"#, 422),
        ("batches", #"{"name":"b","parent":"gone"}"#, 409),
        ("queues/mail/pause", #"{"reason":"\#(String(repeating: "x", count: 501))"}"#, 422),
        ("queues/mail/pause", #"{"reason":"\#(String(repeating: "😀", count: 251))"}"#, 422),
        ("queues/mail/pause", #"{"reason":"a\u0085b"}"#, 422),
        ("queues/mail/jobs/retry", #"{"where":{"kind":"a\u0000"}}"#, 422),
    ])
    func aChangeThatMakesNoSense(path: String, body: String, status: Int) async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            _ = try await call(.post, "queues/mail/jobs", #"{"kind":"x","id":"a"}"#)
            let before = try await fixture.queues.dump()
            let answer = try await call(.post, path, body)
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer.string("detail")?.isEmpty == false)
            #expect(try await fixture.queues.dump() == before)
        }
    }

    /// Markup in kinds and errors stays text of JSON, and no browser takes the answer for a page.
    @Test func markupIsNotInterpreted() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let kind = "<script>alert('x')</script>"
            #expect(try await call(.post, "queues/mail/jobs", #"{"kind":"\#(kind)","id":"x"}"#).status == 201)
            let answer = try await call(.get, "jobs/mail/x")
            #expect(answer.string("kind") == kind)
            #expect(answer.headers[.contentType] == "application/json")
            #expect(answer.headers[.xContentTypeOptions] == "nosniff")
            #expect(answer.headers[.cacheControl] == "no-store")
        }
    }

    /// Redis is away.
    @Test func anOutageIsNoFailureOfTheServer() async throws {
        let server = try await RedisTestServer.start()
        let fixture = try await APIFixture(on: server) { $0.patience = .milliseconds(50) }
        try await server.stop()
        try await fixture.serve { call async throws in
            for (method, path, body) in [
                (HTTPRequest.Method.get, "queues", nil), (.post, "queues/mail/jobs", #"{"kind":"x"}"#),
                (.post, "jobs", #"[{"queue":"mail","kind":"x"}]"#), (.post, "queues/mail/pause", "{}"),
            ] {
                let answer = try await call(method, path, body)
                #expect(answer.status == 503, "\(path): \(answer.text)")
                #expect(answer.headers[.retryAfter] != nil)
                #expect(answer.headers[.contentType] == "application/problem+json")
            }
        }
    }
}
