import SluiceCore
import SluiceStore
import Testing

/// Entries that recur: declared, changed, paused, run by hand, refused.
@Suite(.timeLimit(.minutes(10)))
struct CronChangeTests {
    @Test func aJobWhoseIDIsThereIsNotEnqueuedAgain() async throws {
        let queue = try await LuaQueue()
        try await queue.put()
        try await queue.advance(60)
        try await queue.add(queue.tickID(60))
        #expect(try await queue.fire(expected: 60, following: 120, [60]) == "[fired, 0, 0]")
        #expect(try await queue.outcomes() == ["60 exists"])
    }

    @Test func aPauseStaysWhateverIsDeclared() async throws {
        let queue = try await LuaQueue()
        try await queue.put(source: "code", deploy: 3)
        #expect(try await queue.fcall(["sluice_cron_pause", "e", "too much"]) == "1")
        #expect(try await queue.fcall(["sluice_cron_pause", "e"]) == "0")
        #expect(try await queue.fcall(["cron_pause", "f"]) == "-1")
        #expect(try await queue.put(source: "code", deploy: 3) == "[same, 1]")
        let other = LuaQueue.entry(#","limit":9"#)
        #expect(try await queue.put("e", other, source: "code", deploy: 4) == "[changed, 2]")
        #expect(try await queue.key("cron_next") == nil)
        #expect(try await queue.call(CronList("e")).items.first?.paused == "\(queue.start) too much")
        try await queue.advance(1)
        #expect(try await queue.fcall(["sluice_cron_pause", "e", "too few"]) == "0")
        #expect(try await queue.call(CronList("e")).items.first?.paused == "\(queue.start) too few")
        #expect(try await queue.audit() == [])
        #expect(try await queue.fcall(["cron_resume", "e", "1", "\(queue.start + 60_000)"]) == "changed")
        #expect(try await queue.fcall(["cron_resume", "e", "2", "\(queue.start + 60_000)"]) == "resumed")
        #expect(try await queue.fcall(["cron_resume", "e", "2", "\(queue.start + 60_000)"]) == "running")
        #expect(try await queue.fcall(["cron_resume", "f", "2", ""]) == "missing")
        #expect(try await queue.key("timed") == "T+60000 @cron")
        #expect(try await queue.audit() == [])
    }

    @Test func declarationsOfLowerDeploysAndOperatorsDoNotOverwriteCode() async throws {
        let queue = try await LuaQueue()
        let other = LuaQueue.entry(#","limit":9"#)
        let worker = try await queue.worker()
        try await queue.put(source: "code", deploy: 3)
        #expect(try await queue.put("e", other, source: "code", deploy: 2) == "[kept, 1]")
        #expect(try await queue.put("e", other) == "[declared, 1]")
        #expect(try await queue.put("e", other, source: "code", deploy: 3) == "[changed, 2]")
        // What an operator has added, code takes over.
        try await queue.put("f")
        #expect(try await queue.put("f", source: "code", deploy: 1) == "[same, 3]")
        #expect(try await queue.put("f", other) == "[declared, 3]")
        // As with limits, the last of all stands where no worker lives.
        #expect(try await worker.leave())
        #expect(try await queue.put("e", source: "code", deploy: 1) == "[changed, 4]")
    }

    @Test func aTickThatIsDueIsNotLostByAChangeOfTheJob() async throws {
        let queue = try await LuaQueue()
        try await queue.put(source: "code")
        try await queue.advance(90)
        try await queue.put("e", LuaQueue.entry(#","limit":9"#), next: 120, source: "code")
        #expect(try await queue.key("cron_next") == "T+60000 e")
        try await queue.put("e", LuaQueue.entry(expression: "*/2 * * * *"), next: 120, source: "code")
        #expect(try await queue.key("cron_next") == "T+120000 e")
    }

    @Test func byHandOneGoesInWhateverStands() async throws {
        let queue = try await LuaQueue()
        try await queue.put("e", LuaQueue.entry(#","options":{"priority":2}"#))
        _ = try await queue.fcall(["cron_pause", "e"])
        #expect(try await queue.fcall(["cron_run", "e", "1", "x", LuaQueue.cronSpec]) == "added")
        #expect(try await queue.fcall(["cron_run", "e", "1", "x", LuaQueue.cronSpec]) == "exists")
        #expect(try await queue.fcall(["cron_run", "e", "2", "y", LuaQueue.cronSpec]) == "changed")
        #expect(try await queue.fcall(["cron_run", "f", "1", "y", LuaQueue.cronSpec]) == "missing")
        #expect(try await queue.outcomes() == ["0 by hand"])
        #expect(try await queue.key("priority") == "x = 2")
        #expect(try await queue.audit() == [])
    }

    @Test func whatMakesNoSenseIsRefused() async throws {
        let queue = try await LuaQueue()
        try await queue.add("x")
        for name in ["", "a b", "ä", String(repeating: "a", count: 65)] {
            try await queue.checkRefused(["cron_put", name, LuaQueue.entry(), "", "code", "0"], "the name of a cron entry")
        }
        for entry in ["", "[", "{}", #"{"expression":"* * * * *","zone":"UTC"}"#] {
            try await queue.checkRefused(
                ["cron_put", "e", entry, "", "code", "0"],
                entry.first == "{" ? "a cron entry needs" : "a cron entry must be a JSON object")
        }
        let options = [
            (#"{"at":1}"#, "cannot have delay, at, after or target"),
            (#"{"after":{"id":"x"}}"#, "cannot have delay, at, after or target"), (#"{"priority":10}"#, "priority"),
        ]
        for (text, message) in options {
            try await queue.checkRefused(["cron_put", "e", LuaQueue.entry(#","options":"# + text), "", "code", "0"], message)
        }
        try await queue.checkRefused(["cron_put", "e", LuaQueue.entry(), "", "me", "0"], "code or operator")
        try await queue.checkRefused(["cron_history", "e", "101"], "count must be")
    }
}
