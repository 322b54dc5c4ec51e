import Foundation
import HTTPTypes
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWeb
import Testing

/// Cron entries over HTTP are those of the tool.
struct APICronTests {
    private static let path = "queues/mail/cron/digest"

    @Test func anEntryIsAddedChangedAndRemoved() async throws {
        let fixture = try await APIFixture(access: .custom { _ in nil })
        let inspector = fixture.inspector
        let token = try await inspector.createToken("ops", role: .operator, queues: ["mail"]).secret
        try await fixture.serve { call async throws in
            let body = #"""
                {"schedule":"0 7 * * MON-FRI","zone":"Europe/Berlin","catch_up":"all=5","overlap":"skip","jitter":"30s","limit":9,
                 "job":{"kind":"digest","args":{"n":9007199254740993},"priority":2,"partitions":{"account":"42"}},"reason":"r"}
                """#
            let added = try await call(.put, Self.path, body, token: token)
            #expect(added.status == 201, "\(added.text)")
            #expect(added.headers[.location] == "/api/v1/\(Self.path)")
            #expect(added.string("result") == "added")
            let entry = try #require(try await inspector.cronEntry("digest", in: "mail"))
            #expect(entry.expression == "0 7 * * MON-FRI")
            #expect(entry.zone == "Europe/Berlin")
            #expect(entry.catchUp == .all(limit: 5))
            #expect(entry.overlap == .skip)
            #expect(entry.jitter == .seconds(30))
            #expect(entry.limit == 9)
            #expect(entry.kind == "digest")
            #expect(entry.arguments == #"{"n":9007199254740993}"#)
            #expect(entry.next != nil)
            let shown = try await call(.get, Self.path, token: token)
            #expect(shown.text == String(decoding: entry.json.encoded(), as: UTF8.self))
            let log = try #require(try await inspector.actions(newest: 1).actions.first)
            #expect(log.verb == .cronAdd)
            #expect(log.author.name == "token:ops")
            #expect(log.reason == "r")

            let same = try await call(.put, Self.path, body, token: token)
            #expect(same.status == 200)
            #expect(same.string("result") == "unchanged")
            let other = #"{"schedule":"@hourly","job":{"kind":"digest"}}"#
            let changed = try await call(.put, Self.path, other, token: token)
            #expect(changed.status == 200)
            #expect(changed.string("result") == "changed")
            #expect(try await inspector.cronEntry("digest", in: "mail")?.expression == "@hourly")

            let removed = try await call(.delete, "\(Self.path)?reason=done", token: token)
            #expect(removed.text == #"{"name":"digest","queue":"mail","changed":true}"#)
            #expect(try await inspector.cron(of: "mail").isEmpty)
            let last = try #require(try await inspector.actions(newest: 1).actions.first)
            #expect(last.verb == .cronRemove)
            #expect(last.reason == "done")
            #expect(try await call(.delete, Self.path, token: token).status == 404)
            #expect(try await call(.get, Self.path, token: token).status == 404)
        }
    }

    @Test func theNextTicksAreShown() async throws {
        let fixture = try await APIFixture(access: .custom { _ in nil })
        let token = try await fixture.inspector.createToken("v", role: .viewer, queues: ["mail"]).secret
        let request = try JobRequest(kind: "digest", queue: "mail", arguments: "1")
        let cron = Cron("digest", schedule: "30 2 * * *", zone: "Europe/Berlin", request: request)
        try await fixture.client.crontab(of: "mail").add(cron)
        try await fixture.serve { call async throws in
            // 02:30 is skipped by the clocks on that Sunday.
            let ticks =
                #"[{"at":"2026-03-29T01:00:00.000Z","local":"Sun 2026-03-29 03:00:00 +02:00"},"#
                + #"{"at":"2026-03-30T00:30:00.000Z","local":"Mon 2026-03-30 02:30:00 +02:00"}]"#
            let from = "from=2026-03-28T12:00:00Z"
            let schedule = "cron/next?schedule=30+2+*+*+*&zone=Europe/Berlin&\(from)"
            let shown = try await call(.get, "\(schedule)&count=2", token: token)
            #expect(shown.status == 200)
            #expect(shown.text == ticks)
            #expect((try await call(.get, schedule, token: token).json as? [Any])?.count == 5)
            let own = try await call(.get, "\(Self.path)/next?\(from)&count=2", token: token)
            #expect(own.text == ticks)
            let coming = try await call(.get, "\(Self.path)/next?count=1", token: token)
            let next = try #require(try await fixture.inspector.cronEntry("digest", in: "mail")?.next)
            #expect((coming.json as? [[String: String]])?.map { $0["at"] } == [next.rfc3339])
            let utc = try await call(.get, "cron/next?schedule=@every+90s&from=0&count=100", token: token)
            let list = try #require(utc.json as? [[String: String]])
            #expect(list.count == 100)
            #expect(list.first?["at"] == "1970-01-01T00:01:30.000Z")
            #expect(list.first?["local"] == "Thu 1970-01-01 00:01:30 +00:00")
            #expect(try await call(.get, "queues/mail/cron/none/next", token: token).status == 404)
            #expect(try await call(.get, "queues/other/cron/digest/next", token: token).status == 403)
        }
    }

    @Test(arguments: [
        ("", "'schedule' is missing"), ("?zone=UTC", "'schedule' is missing"), ("?schedule=", "empty"),
        ("?schedule=61+*+*+*+*", "no cron expression"), ("?schedule=0+0+30+2+*", ""), ("?schedule=@daily&zone=Mars/Base", "zone"),
        ("?schedule=@daily&count=0", "from 1 to 100"), ("?schedule=@daily&count=101", "from 1 to 100"),
        ("?schedule=@daily&from=soon", "'from'"), ("?schedule=@daily&schedule=@hourly", "twice"),
        ("?schedule=@daily&tz=UTC", "no field"),
    ]) func aScheduleThatIsNotValidHasNoTicks(query: String, part: String) async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let answer = try await call(.get, "cron/next\(query)")
            #expect(answer.status == 422)
            #expect(part.isEmpty || answer.string("detail")?.contains(part) == true, "\(answer.text)")
        }
    }

    @Test func anEntryOfTheCodeIsNotChanged() async throws {
        let fixture = try await APIFixture()
        let request = try JobRequest(kind: "digest", queue: "mail", arguments: "1")
        let declared = Cron("digest", schedule: "0 7 * * *", request: request)
        _ = try await fixture.client.crontab(of: "mail").put(declared, deploy: 1)
        try await fixture.serve { call async throws in
            let answer = try await call(.put, Self.path, #"{"schedule":"@hourly","job":{"kind":"digest"}}"#)
            #expect(answer.status == 422)
            #expect(answer.string("detail")?.contains("declared by the code") == true)
            #expect(try await fixture.inspector.cronEntry("digest", in: "mail")?.expression == "0 7 * * *")
        }
    }

    @Test(
        arguments: [
            ("", 400, nil), ("{}", 422, ""), (#"{"schedule":"@hourly"}"#, 422, ""),
            (#"{"schedule":"61 * * * *","job":{"kind":"x"}}"#, 422, nil),
            (#"{"schedule":"0 0 30 2 *","job":{"kind":"x"}}"#, 422, nil),
            (#"{"schedule":"@hourly","zone":"Mars/Base","job":{"kind":"x"}}"#, 422, nil),
            (#"{"schedule":"@hourly","catch_up":"all=0","job":{"kind":"x"}}"#, 422, "/catch_up"),
            (#"{"schedule":"@hourly","overlap":"never","job":{"kind":"x"}}"#, 422, "/overlap"),
            (#"{"schedule":"@hourly","jitter":"2h","job":{"kind":"x"}}"#, 422, nil),
            (#"{"schedule":"@hourly","end":1,"job":{"kind":"x"}}"#, 422, "/end"),
            (#"{"schedule":"@hourly","limit":0,"job":{"kind":"x"}}"#, 422, "/limit"),
            (#"{"schedule":"@hourly","job":{"kind":"x","delay":"1s"}}"#, 422, "/job/delay"),
            (#"{"schedule":"@hourly","job":{"kind":"x","queue":"other"}}"#, 422, "/job/queue"),
            (#"{"schedule":"@hourly","job":{"kind":"x","hold_on_discard":true}}"#, 422, "/job"),
            (#"{"schedule":"@hourly","job":{"kind":"x"},"reason":"a\nb"}"#, 422, "/reason"),
        ] as [(String, Int, String?)])
    func anEntryThatIsNotValid(body: String, status: Int, pointer: String?) async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let before = try await fixture.queues.dump()
            let answer = try await call(.put, Self.path, body)
            #expect(answer.status == status, "\(answer.text)")
            if let pointer { #expect(answer.string("pointer") == pointer) }
            let named = try await call(.put, "queues/mail/cron/a%20b", #"{"schedule":"@hourly","job":{"kind":"x"}}"#)
            #expect(named.status == 422)
            #expect(try await fixture.queues.dump() == before)
        }
    }
}
