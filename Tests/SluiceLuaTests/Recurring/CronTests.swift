import SluiceCore
import SluiceStore
import Testing

/// What recurs, as the functions have it: one call fires a tick, however often it is made.
@Suite(.timeLimit(.minutes(10)))
struct CronTests {
    @Test func anEntryHasOneNextTickWhichCyclesLookFor() async throws {
        let queue = try await LuaQueue()
        try await queue.check(
            ["cron_put", "e", LuaQueue.entry(), "\(queue.start + 60_000)", "operator", "0"],
            """
            = [added, 1]
            + config: cron = 1
            + config: format = 1
            + cron: e = \(LuaQueue.entry())
            + cron_next: T+60000 e
            + cron_state:e: deploy = 0
            + cron_state:e: revision = 1
            + cron_state:e: source = operator
            + timed: T+60000 @cron
            + wake: 1
            """)
        #expect(try await queue.audit() == [])
    }

    @Test func aTickIsFiredOnceWithAllThatBelongsToIt() async throws {
        let queue = try await LuaQueue()
        try await queue.put()
        try await queue.advance(60)
        let words = queue.fireWords(expected: 60, following: 120, [60])
        let id = queue.tickID(60)
        try await queue.check(
            words,
            """
            = [fired, 1, 0]
            + calls: last sequence = 0/T+60000.0
            + cron_history:e: {"tick":T+60000,"at":T+60000,"outcome":"enqueued","job":"\(id)"}
            + cron_next: T+120000 e
            - cron_next: T+60000 e
            + cron_state:e: last = \(id)
            + cron_state:e: runs = 1
            + events: from= to=available ids=\(id)
            + lanes: 0/T+60000.0
            + ready: 2814749767106560
            + spec: \(id) = {"kind":"k","args":[]}
            + stats: enqueued = 1
            + timed: T+120000 @cron
            - timed: T+60000 @cron
            + wait:: 5/T+60000.0 \(id)
            """)
        // A repeated call, and one of another worker that computed the same.
        try await queue.check(words, "= [past, 0, 0]")
        #expect(try await queue.audit() == [])
    }

    @Test func aFireOfAnotherRevisionAndOfWhatIsGoneChangesNothing() async throws {
        let queue = try await LuaQueue()
        try await queue.put()
        try await queue.advance(60)
        #expect(try await queue.put("e", LuaQueue.entry(#","limit":5"#)) == "[changed, 2]")
        try await queue.check(queue.fireWords(expected: 60, following: 120, [60]), "= [past, 0, 0]")
        #expect(try await queue.fcall(["cron_remove", "e"]) == "1")
        try await queue.check(queue.fireWords(revision: 2, expected: 60, following: 120, [60]), "= [past, 0, 0]")
        // One that is added again has a number of its own.
        #expect(try await queue.put() == "[added, 3]")
        try await queue.check(queue.fireWords(expected: 60, following: 120, [60]), "= [past, 0, 0]")
    }

    @Test func onlyTheServersClockTellsWhatIsDue() async throws {
        let queue = try await LuaQueue()
        try await queue.put()
        try await queue.checkRefused(queue.fireWords(expected: 60, following: 120, [60]), "tick must be a whole number")
        try await queue.advance(60)
        try await queue.checkRefused(queue.fireWords(expected: 60, following: 120, [30]), "tick must be")
        try await queue.checkRefused(queue.fireWords(expected: 60, following: 60, [60]), "following must be")
        try await queue.advance(60)
        try await queue.checkRefused(queue.fireWords(expected: 60, following: 180, [120, 60]), "tick must be")
    }

    @Test func oneWorkerIsToldAndTheOthersAreNotForAWhile() async throws {
        let queue = try await LuaQueue()
        let (one, other) = (try await queue.worker("one"), try await queue.worker("other"))
        try await queue.put()
        let early = try await one.cycle(1)
        #expect(!early.hasTicks)
        #expect(early.come == .seconds(12))
        try await queue.advance(55)
        #expect(try await one.cycle(1).come == .seconds(5))
        try await queue.advance(5)
        #expect(try await one.cycle(1).hasTicks)
        #expect(try await !other.cycle(1).hasTicks)
        #expect(try await !one.cycle(1).hasTicks)
        // It died.
        try await queue.advance(2)
        #expect(try await other.cycle(1).hasTicks)
        #expect(try await queue.call(CronDue()).items.map(\.name) == ["e"])
        try await queue.fire(expected: 60, following: 120, [60])
        #expect(try await queue.call(CronDue()).items.isEmpty)
        #expect(try await queue.audit() == [])
    }

    @Test(arguments: [
        ("latest", 1, ["180 enqueued", "60 to 120 missed 2"]), ("none", 0, ["60 to 180 missed 3"]),
        ("all=2", 2, ["180 enqueued", "120 enqueued", "60 to 60 missed 1"]),
        ("all=9", 3, ["180 enqueued", "120 enqueued", "60 enqueued"]),
    ]) func whatWasMissedIsMadeUpForAsTheEntrySays(catchUp: String, jobs: Int, expected: [String]) async throws {
        let queue = try await LuaQueue()
        try await queue.put("e", LuaQueue.entry().replacing("latest", with: catchUp))
        // A tick that is a minute late is not missed.
        try await queue.advance(241)
        try await queue.fire(expected: 60, following: 300, [60, 120, 180])
        #expect(try await queue.outcomes() == expected)
        #expect(try await queue.key("cron_next") == "T+300000 e")
        #expect(try await queue.status("available") == jobs)
        #expect(try await queue.audit() == [])
    }

    @Test func aTickInTimeStandsForThoseThatWereMissed() async throws {
        let queue = try await LuaQueue()
        try await queue.put()
        try await queue.advance(185)
        try await queue.fire(expected: 60, following: 240, [60, 120, 180])
        #expect(try await queue.outcomes() == ["180 enqueued", "60 to 120 missed 2"])
    }

    @Test func thousandsOfTicksAreBoundedAndToldInOneLine() async throws {
        let queue = try await LuaQueue()
        let entry = LuaQueue.entry(expression: "@every 1s").replacing("latest", with: "all=1000")
        try await queue.put("e", entry, next: 1)
        try await queue.advance(5000)
        let ticks = Array(4001...5000)
        try await queue.checkRefused(queue.fireWords(expected: 1, following: 5001, [4000] + ticks), "at most 1000 ticks")
        #expect(try await queue.fire(expected: 1, following: 5001, ticks, hasMore: true) == "[fired, 1000, 0]")
        #expect(try await queue.call(CronHistory("e")).count == 100)
        #expect(try await queue.status("available") == 1000)
        try await queue.put("none", entry.replacing("all=1000", with: "none"), next: 1)
        try await queue.fire("none", revision: 2, expected: 1, following: 5001, ticks, hasMore: true)
        let lines = try await queue.outcomes("none")
        #expect(lines.last == "1 to 4939 missed")
        #expect(lines.count == 62)
        #expect(try await queue.audit() == [])
    }

    @Test func jobsThatWouldOverlapAreSkipped() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.put("e", LuaQueue.entry().replacing("allow", with: "skip"))
        try await queue.advance(60)
        try await queue.fire(expected: 60, following: 120, [60])
        for tick in [120, 180] {
            try await queue.advance(60)
            try await worker.cycle(1)
            try await queue.fire(expected: tick, following: tick + 60, [tick])
        }
        #expect(try await queue.outcomes() == ["180 skipped", "120 skipped", "60 enqueued"])
        #expect(try await queue.key("cron_history:e")?.contains(#""job":"\#(queue.tickID(60))","state":"executing"}"#) == true)
        try await worker.cycle(0, settling: [queue.tickID(60)])
        try await queue.advance(60)
        try await queue.fire(expected: 240, following: 300, [240])
        #expect(try await queue.outcomes().first == "240 enqueued")
        #expect(try await queue.key("cron_state:e")?.contains("runs = 2") == true)
    }

    @Test func oneJobWaitsBehindTheOneThatRuns() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.put("e", LuaQueue.entry().replacing("allow", with: "queue-one"))
        try await queue.advance(60)
        try await queue.fire(expected: 60, following: 120, [60])
        // It waits itself: no other one is queued.
        try await queue.advance(60)
        try await queue.fire(expected: 120, following: 180, [120])
        try await worker.cycle(1)
        for tick in [180, 240] {
            try await queue.advance(60)
            try await worker.cycle(0)
            try await queue.fire(expected: tick, following: tick + 60, [tick])
        }
        #expect(try await queue.outcomes() == ["240 skipped", "180 enqueued", "120 skipped", "60 enqueued"])
        #expect(try await queue.state(queue.tickID(180)) == "suspended")
        #expect(try await worker.claim(1) == [])
        // However the one before ends.
        try await worker.cycle(0, settling: [queue.tickID(60)], .discarded(error: "\"no\""))
        #expect(try await worker.claim(1) == [queue.tickID(180)])
        #expect(try await queue.audit() == [])
    }

    @Test func jitterIsTheSameForTheSameTick() async throws {
        let queue = try await LuaQueue()
        try await queue.put("e", LuaQueue.entry(#","jitter_ms":30000"#))
        var delays: Set<Int> = []
        for tick in stride(from: 60, through: 600, by: 60) {
            try await queue.advance(60)
            let before = try await queue.call(ListJobs(state: .scheduled)).items.map(\.id.text)
            try await queue.fire(expected: tick, following: tick + 60, [tick])
            let item = try await queue.call(ListJobs(state: .scheduled)).items.first { !before.contains($0.id.text) }
            // The id is made of the tick, not of when it is due.
            #expect(item?.id.text == queue.tickID(tick))
            delays.insert(Int(item?.moment ?? "").map { $0 - queue.start - tick * 1000 } ?? -1)
        }
        #expect(delays.allSatisfy { (0...30_000).contains($0) })
        #expect(delays.count > 8)
    }

    @Test func anEntryIsFinishedAfterItsRunsOrItsLastTick() async throws {
        let queue = try await LuaQueue()
        try await queue.put("runs", LuaQueue.entry(#","limit":2"#))
        try await queue.put("end", LuaQueue.entry(#","overlap":"skip""#))
        try await queue.advance(180)
        #expect(try await queue.fire("end", revision: 2, expected: 60, following: nil, [60]) == "[fired, 1, 0]")
        #expect(try await queue.fire("runs", revision: 1, expected: 60, following: 240, [120, 180]) == "[fired, 2, 0]")
        #expect(try await queue.key("cron_next") == nil)
        #expect(try await queue.key("timed") == nil)
        let finished = try await queue.call(CronList(after: nil)).items.map { $0.finished != nil && $0.next == nil }
        #expect(finished == [true, true])
        // More runs are allowed later on.
        #expect(try await queue.put("runs", LuaQueue.entry(#","limit":3"#), next: 240) == "[changed, 3]")
        #expect(try await queue.key("cron_next") == "T+240000 runs")
        #expect(try await queue.put("runs", LuaQueue.entry(#","limit":1"#), next: 240) == "[changed, 4]")
        #expect(try await queue.key("cron_next") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test func theAuditFindsWhatIsWrong() async throws {
        let queue = try await LuaQueue()
        try await queue.put()
        try await queue.redis("ZREM", "timed", "@cron")
        #expect(try await queue.audit() == ["I10 cron entries have a next tick, but no look at it is due"])
        try await queue.redis("ZADD", "timed", "\(queue.start + 90_000)", "@cron")
        #expect(try await queue.audit() == ["I10 the look at the next tick is due too late"])
        try await queue.redis("ZREM", "cron_next", "e")
        #expect(
            try await queue.audit() == [
                "I10 cron entry e has no next tick", "I10 a look at the next tick is due, but no cron entry has one",
            ])
        try await queue.redis("ZADD", "cron_next", "\(queue.start + 90_000)", "f")
        try await queue.redis("HSET", "cron_state:e", "paused", "1 x")
        #expect(try await queue.audit() == ["I10 f has a next tick, but there is no such cron entry"])
    }

    @Test func aClockThatGoesBackLosesNoTick() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.put()
        try await worker.cycle(1)
        try await queue.advance(-600)
        try await worker.cycle(1)
        // Whoever fires is asked for the next tick anew.
        #expect(try await queue.call(CronDue()).items.map(\.name) == ["e"])
        #expect(try await queue.fire(expected: -600, following: 60, []) == "[fired, 0, 0]")
        #expect(try await queue.key("timed") == "T+60000 @cron")
        #expect(try await queue.audit() == [])
    }
}
