import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// The same for times that belong to a queue, a gate, an entry of cron, a worker, a workflow.
@Suite(.timeLimit(.minutes(10)))
struct ClockQueueTests {
    private static let day = 86_400_000

    @Test func aBreakerThatOpenedMeanwhileIsOpenAsLongAsItCools() async throws {
        let jump = try await ClockJump()
        try await jump.queue.declare("breaker/host", "1/10000/4000")
        try await jump.queue.add(3, "a", lane: "host=x")
        try await jump.whileAhead {
            #expect(try await jump.worker.claim(1) == ["a0"])
            try await jump.worker.cycle(
                1, settling: ["a0"],
                .unavailable(dependency: "host", retryAfter: nil, maxWaits: nil, error: #""down""#))
        }
        let gate = try await jump.queue.key("breaker:host=x")
        #expect(gate == "(expires)\nopened = T+5000\nuntil = T+9000")
        try await jump.queue.setClock(9000)
        #expect(try await jump.worker.claim(9) == ["a0"])
        // A failure of a run that started since counts again.
        try await jump.worker.cycle(
            1, settling: ["a0"], .unavailable(dependency: "host", retryAfter: nil, maxWaits: nil, error: #""down""#))
        #expect(try await jump.queue.key("breaker:host=x") == "(expires)\nopened = T+9000\nuntil = T+13000")
    }

    @Test func aBreakerThatNobodyWaitedForIsPutRightWhenItIsMet() async throws {
        let jump = try await ClockJump()
        try await jump.queue.declare("breaker/host", "1/10000/4000")
        try await jump.queue.add(1, "a", lane: "host=x")
        try await jump.whileAhead {
            #expect(try await jump.worker.claim(1) == ["a0"])
            try await jump.worker.cycle(
                1, settling: ["a0"], .unavailable(dependency: "host", retryAfter: nil, maxWaits: nil, error: #""down""#))
            _ = try await jump.queue.fcall(["sluice_delete", "a0"])
        }
        try await jump.queue.add(1, "b", lane: "host=x")
        #expect(try await jump.worker.claim(1) == [])
        try await jump.queue.setClock(9000)
        #expect(try await jump.worker.claim(1) == ["b0"])
    }

    @Test func ratesCountWhatWasClaimedMeanwhileAsClaimedNow() async throws {
        let jump = try await ClockJump()
        try await jump.queue.declare("rate", "2/10000/0", "rate/host", "1/20000/0")
        try await jump.queue.add(9, "a")
        try await jump.queue.add(3, "b", lane: "host=x")
        try await jump.whileAhead {
            let claimed = try await jump.worker.claim(9)
            #expect(claimed.count == 2)
        }
        #expect(try await jump.worker.claim(9) == [])
        try await jump.queue.setClock(15_100)
        #expect(try await jump.worker.claim(9).count == 2)
    }

    @Test func overridesReservationsPausesAndSwitchesLieAsFarAheadAsTheyWereMeant() async throws {
        let jump = try await ClockJump()
        try await jump.queue.declare("concurrency", "2")
        _ = try await jump.queue.fcall(["override", "rate", "5/1000", "\(50 * Self.day)"])
        try await jump.whileAhead {
            _ = try await jump.queue.fcall(["override", "concurrency", "1", "60000"])
            _ = try await jump.queue.fcall(["switch", "smtp", "off"])
            _ = try await jump.queue.fcall(["pause", "because"])
            try await jump.queue.redis(
                "SET", "reserve", jump.time(40 * Self.day + 60_000) + " account=1&host=x")
        }
        #expect(
            try await jump.queue.key("overrides") == "concurrency = 1 T+65000 T+5000\nrate = 5/1000 T+\(50 * Self.day) T+0")
        #expect(try await jump.score("timed", "!concurrency") == 65_000)
        #expect(try await jump.score("timed", "!rate") == Double(50 * Self.day))
        #expect(try await jump.queue.key("off") == "smtp = T+5000")
        #expect(try await jump.queue.redis("HGET", "config", "paused") == jump.time(5000) + " because")
        #expect(try await jump.queue.key("reserve") == "(expires)\nT+65000 account=1&host=x")
    }

    @Test func entriesOfCronAreLookedAtAnewAndThoseThatEndedMeanwhileGoOn() async throws {
        let jump = try await ClockJump()
        try await jump.queue.put("minutely", next: 60)
        try await jump.queue.put("paused", next: 60)
        _ = try await jump.queue.fcall(["cron_pause", "paused"])
        try await jump.queue.put("ending", next: 60)
        let ahead = Int(ClockJump.far)
        try await jump.whileAhead {
            try await jump.queue.fire("minutely", expected: 60, following: ahead + 60, [60])
            try await jump.queue.fire("ending", revision: 3, expected: 60, following: nil, [60])
        }
        // Whoever works for the queue is told of it, and computes the next tick.
        #expect(try await jump.score("cron_next", "minutely") == 5000)
        #expect(try await jump.score("cron_next", "ending") == 5000)
        #expect(try await jump.score("cron_next", "paused") == nil)
        #expect(try await jump.queue.call(CronDue()).items.map(\.name) == ["ending", "minutely"])
        #expect(try await jump.queue.fire("minutely", expected: 5, following: 60, []) == "[fired, 0, 0]")
        #expect(try await jump.score("cron_next", "minutely") == 60_000)
    }

    @Test func leasesMessagesAndTheHistoryOfMinutesAreBroughtBack() async throws {
        let jump = try await ClockJump()
        try await jump.queue.add("parent")
        try await jump.whileAhead {
            _ = try await jump.queue.worker("dead", lease: .seconds(60))
            _ = try await jump.queue.fcall([
                "sluice_enqueue", "away", #"{"kind":"k"}"#, #"{"after":{"id":"parent"},"target":"other"}"#,
            ])
            #expect(try await jump.worker.claim(1) == ["parent"])
            try await jump.worker.cycle(0, settling: ["parent"])
        }
        let end = try #require(try await jump.score("workers", "dead"))
        #expect(end <= 65_000)
        let messages = try #require(try await jump.queue.key("outbox"))
        #expect(messages.hasPrefix("T+"))
        let due = try #require(Int(messages.dropFirst(2).prefix { $0 != " " }))
        #expect(due <= 305_000)
        let spans = try await jump.queue.dump().keys.filter { $0.hasPrefix("stats:") }
        #expect(spans.filter { $0.hasPrefix("stats:M") } == ["stats:M+0"])
        #expect(spans.filter { $0.hasPrefix("stats:h") } == ["stats:h\(jump.queue.start / 3_600_000)"])
        let minute = jump.queue.start / 60_000
        let rows = try await jump.queue.call(HistoryRows(minute...minute))
        #expect(rows.reduce(0) { $0 + $1.counts["completed", default: 0] } == 1)
        // Seconds later somebody carries it again.
        try await jump.queue.advance(300)
        #expect(try await jump.worker.cycle().messages.count == 1)
    }

    @Test func aQueueWithoutWorkersIsPutRightByTheFirstThatComes() async throws {
        let queue = try await LuaQueue()
        try await queue.add("before")
        try await queue.advance(ClockJump.far)
        try await queue.add("soon", options: #"{"delay":4000}"#)
        try await queue.add("now")
        try await queue.advance(5 - ClockJump.far)
        let worker = try await queue.worker()
        for _ in 1...3 { try await worker.cycle() }
        #expect(try await queue.key("scheduled") == "T+9000 soon")
        #expect(try await queue.status("total_rewound") == 1)
        #expect(try await worker.claim(3) == ["before", "now"])
        #expect(try await queue.audit() == [])
    }

    @Test func aClockThatFallsBehindForSomeSecondsChangesNothing() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        for _ in 1...30 {
            try await queue.advance(12)
            try await worker.cycle()
        }
        try await queue.advance(86_400)
        try await worker.cycle()
        try await queue.add("snoozed", "j")
        #expect(try await worker.claim(1) == ["snoozed"])
        try await worker.cycle(0, settling: ["snoozed"], .snooze(.seconds(7200)))
        try await queue.add("later", options: #"{"delay":9000000}"#)
        let before = try await queue.key("scheduled")
        // At this time workers called before.
        try await queue.advance(-86_400 - 200)
        for _ in 1...3 { try await worker.cycle() }
        #expect(try await queue.key("scheduled") == before)
        #expect(try await queue.status("total_rewound") == nil)
        #expect(try await queue.call(Status())["behind"] != nil)
        #expect(try await queue.audit() == [])
        try await queue.advance(86_400 + 200)
        try await worker.cycle()
        #expect(try await queue.key("scheduled") == before)
        #expect(try await queue.call(Status())["behind"] == nil)
        #expect(try await queue.audit() == [])
    }

    @Test func manyAreBroughtBackInBoundedSteps() async throws {
        let jump = try await ClockJump()
        try await jump.queue.advance(ClockJump.far)
        try await jump.worker.cycle()
        for page in 0..<4 {
            let jobs = (0..<1000).map {
                NewJob(id: JobID(known: "j\(page)-\($0)"), spec: Array(#"{"kind":"k"}"#.utf8), due: .after(.seconds(4)))
            }
            _ = try await jump.queue.call(Enqueue(producer: "p\(page)", number: 1, jobs: jobs))
        }
        try await jump.worker.cycle()
        try await jump.queue.advance(5 - ClockJump.far)
        var steps = 0
        var brought = 0
        repeat {
            try await jump.worker.cycle()
            steps += 1
            let now = try await jump.queue.status("total_brought_back") ?? 0
            // A page of Redis may be somewhat larger than it was asked for.
            #expect(now - brought <= 1000)
            brought = now
        } while try await jump.queue.redis("HGET", "config", "rewind") != nil && steps < 1000
        #expect(brought == 4000)
        #expect(steps > 10)
        try await jump.queue.setClock(9000)
        #expect(try await jump.queue.audit() == [])
    }

    @Test func auditFindsATimeThatLiesTooFarAheadAndRepairPutsItRight() async throws {
        let jump = try await ClockJump()
        let far = 40 * Self.day
        try await jump.queue.add("a", "b", "c")
        try await jump.queue.add("s", options: #"{"delay":5000}"#)
        #expect(try await jump.worker.claim(2) == ["a", "b"])
        try await jump.worker.cycle(0, settling: ["a"])
        try await jump.queue.redis("ZADD", "completed", jump.time(far), "a")
        try await jump.queue.redis("ZADD", "scheduled", jump.time(far), "s")
        try await jump.queue.redis("ZADD", "workers", jump.time(far), "w")
        try await jump.queue.redis("HSET", "off", "smtp", jump.time(far))
        #expect(
            try await jump.queue.audit().sorted() == [
                "I12 the due time of s lies too far ahead", "I12 the end of a lies too far ahead",
                "I12 the lease of w lies too far ahead", "I12 the switching off of smtp lies too far ahead",
            ])
        _ = try await jump.queue.repair()
        #expect(try await jump.queue.audit() == [])
        #expect(try await jump.score("workers", "w") == 30_000)
        #expect(try await jump.score("scheduled", "s") == 0)
    }

    @Test func workflowsAreLookedAfterAndEndByTheirDeadline() async throws {
        let workflow = try await LuaWorkflow()
        let store = workflow.queues.store
        _ = try await store.call(WorkflowIndex(take: 0))
        try await workflow.queues.advance(by: .seconds(ClockJump.far))
        try await workflow.make("a", deadline: .seconds(60))
        _ = try await store.call(WorkflowIndex(take: 0, looks: [("w", .seconds(60))]))
        try await workflow.queues.advance(by: .seconds(5 - ClockJump.far))
        #expect(try await store.call(WorkflowIndex(take: 9)).due.contains("w"))
        _ = try await workflow.call(WorkflowStep([.start]))
        let deadline = try #require(try await workflow.call(ReadWorkflow())["deadline"])
        #expect(workflow.queues.relative(deadline) == "T+65000")
    }
}
