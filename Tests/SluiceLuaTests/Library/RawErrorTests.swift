import Testing

/// No function answers an error of Lua or of a command of Redis, whatever it is called with: it says what is wrong.
@Suite(.timeLimit(.minutes(10)))
struct RawErrorTests {
    /// Calls that are right, of which one word at a time is replaced, added or left out.
    private static let calls: [[String]] = [
        ["sluice_status"], ["sluice_list", "available", "0", "10", "k"], ["sluice_list", "executing", "0"],
        ["sluice_list", "completed", "0"],
        ["sluice_job", "a"], ["sluice_explain", "a"], ["sluice_limits", "host=x"], ["sluice_dependencies"], ["sluice_workers"],
        ["sluice_history", "1", "2"], ["sluice_cron", "e"], ["sluice_cron_history", "e", "3"], ["sluice_audit", "2|0"],
        ["sluice_audit", "9|1/0"], ["sluice_audit", "6|0"], ["sluice_repair_plan", "2|0"], ["sluice_repair", "3|0"],
        ["sluice_cancel", "z"], ["sluice_retry", "z"], ["sluice_delete", "z"], ["sluice_reschedule", "5000", "c"],
        ["sluice_pause", "r"], ["sluice_resume"], ["sluice_cron_pause", "e", "r"], ["sluice_cron_remove", "f"],
        ["sluice_override", "concurrency/host", "2", "600000"], ["sluice_restore", "concurrency/host"],
        ["sluice_switch", "smtp", "on"], ["sluice_diagnose", "workers"], ["sluice_diagnose", "kinds"],
        ["sluice_diagnose", "chains"],
        ["sluice_diagnose", "outbox"], ["sluice_diagnose", "suspended", "0"], ["sluice_diagnose", "check", "a"],
        ["sluice_diagnose", "whereabouts", "queue.x", "a"], ["sluice_diagnose", "links", "0"],
        ["enqueue", "p", "1", "1", "id", #"{"kind":"k"}"#, "0", #"{"delay":5}"#, "keys", "u"], ["configure", "completed", "1 2"],
        ["change_where", "cancel", "", "scheduled", "", "", "0", "1", "kind", "k"], ["lanes_where", "0", "a=1"],
        ["change_where", "delete", "", "executing", "0", "", "0", "0"], ["deliver", "1895334400000", "1", "d", #"{"kind":"k"}"#],
        ["count_where", "reschedule", "5", "scheduled", "1 a", "", "0", "1", "age", "5"],
        ["declare", "1", "concurrency/host", "5"],
        ["cron_resume", "e", "1", "1895334400000"], ["cron_run", "e", "1", "i", #"{"kind":"k"}"#],
        ["cron_fire", "e", "1", "1", "2", "0", #"{"kind":"k"}"#, "1"], ["tell", "completed", "a"], ["outgoing", "a"],
    ]
    private static let words = [
        "", "0", "1", "-1", "1.5", "99999999999999999999", "18446744073709551615", "999999999999999999", "1e18", "nan", "inf",
        "x y",
        "\n", "null", "[]", "{}", "[null]", "0:99999999999999999999", "99999999999999999999:0", "1:1", "@99999999999999999999",
        "@",
        "2|99999999999999999999", "3|/", "9|5/5", "6|5/9", "40/10000", "none", "*", "(1", String(repeating: "a", count: 3000),
    ]

    private func stocked() async throws -> LuaQueue {
        let queue = try await LuaQueue()
        _ = try await queue.fcall([
            "sluice_enqueue", "a", #"{"kind":"k","partitions":{"host":"x"},"needs":["smtp"]}"#, "", "b", #"{"kind":"k"}"#,
            #"{"after":{"id":"a"}}"#, "c", #"{"kind":"k"}"#, #"{"delay":100000,"unique":{"key":"u"}}"#, "d",
            #"{"kind":"k","chain":"c"}"#, #"{"deadline":50000}"#,
        ])
        try await queue.put()
        return queue
    }

    @Test func noArgumentBringsALuaErrorToLight() async throws {
        let queue = try await stocked()
        var raw: Set<String> = []
        func call(_ words: [String]) async throws {
            let reply = try await queue.fcall(words)
            if reply.contains("Redis answered: ERR") { raw.insert("\(words.map { $0.prefix(40) }): \(reply)") }
        }
        for right in Self.calls {
            try await call(right)
            for place in 1...right.count {
                try await call(Array(right.prefix(place)))
                for word in Self.words {
                    try await call(right.prefix(place) + [word] + right.dropFirst(place + 1))
                    try await call(right.prefix(place) + [word] + right.dropFirst(place))
                }
            }
        }
        #expect(raw == [])
        #expect(try await queue.audit() == [])
    }

    @Test func noMemberOfAnEntryBringsALuaErrorToLight() async throws {
        let queue = try await stocked()
        let values = ["null", "true", "0", "-1", "1.5", "1e400", "\"x\"", "[]", "[1]", "{}", #"{"a":null}"#]
        let members = [
            "expression", "zone", "job", "options", "catch_up", "overlap", "jitter_ms", "start", "end", "limit", "dely",
        ]
        for member in members {
            for value in values {
                var entry = ["expression": #""0 7 * * *""#, "zone": #""UTC""#, "job": #"{"kind":"k"}"#]
                entry[member] = value
                let text = "{" + entry.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
                let reply = try await queue.put("f", text)
                #expect(!reply.contains("Redis answered: ERR"), "\(text): \(reply)")
                guard reply.hasPrefix("["), let revision = reply.wholeMatch(of: /\[\w+, (\d+)\]/)?.output.1 else { continue }
                let tick = "\(queue.start)"
                try await queue.redis("ZADD", "cron_next", tick, "f")
                let fired = try await queue.fcall(["cron_fire", "f", String(revision), tick, "", "0", #"{"kind":"k"}"#, tick])
                #expect(!fired.contains("Redis answered: ERR"), "\(text): \(fired)")
            }
        }
    }

    @Test func aReasonIsALineOfBoundedLength() async throws {
        let queue = try await stocked()
        for reason in [String(repeating: "x", count: 1001), "a\nb", "a\u{1B}[2J", "a\u{9B}b"] {
            try await queue.checkRefused(["sluice_pause", reason], "a reason must be at most 1000 bytes")
            try await queue.checkRefused(["sluice_cron_pause", "e", reason], "a reason must be at most 1000 bytes")
        }
        #expect(try await queue.fcall(["sluice_pause", "der Mail-Server zieht um, für 1 h"]) == "1")
    }
}
