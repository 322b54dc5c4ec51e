import SluiceCore
import SluiceStore
import Testing

/// A dependency that fails is left alone for a while, and then tried with one job at a time.
@Suite(.timeLimit(.minutes(10)))
struct BreakerTests {
    private let queue: LuaQueue
    private let one: ScriptedWorker
    private let two: ScriptedWorker

    init() async throws {
        queue = try await LuaQueue()
        try await queue.declare("breaker/host", "3/10000/20000")
        one = try await queue.worker("one", lease: .seconds(3600))
        two = try await queue.worker("two", lease: .seconds(3600))
    }

    private func fail(_ worker: ScriptedWorker, _ ids: [String], _ name: String = "host", retryAfter: Duration? = nil)
        async throws
    {
        try await worker.cycle(
            0, settling: ids, .unavailable(dependency: name, retryAfter: retryAfter, maxWaits: nil, error: #""down""#))
    }

    /// Three runs of `a0`, `a1`, `a2` fail: the breaker is open from T+0 to T+20000. More jobs wait in the lane.
    private func open() async throws {
        try await queue.add(3, "a", lane: "host=x")
        #expect(try await one.claim(3) == ["a0", "a1", "a2"])
        try await fail(one, ["a0", "a1", "a2"])
        #expect(try await queue.gate("host=x").breaker == .open)
        try await queue.add(9, "b", lane: "host=x")
    }

    @Test func opensAfterSoManyFailuresWithinTheSpan() async throws {
        try await open()
        #expect(try await queue.key("breaker:host=x") == "(expires)\nopened = T+0\nuntil = T+20000")
        #expect(try await two.claim(5) == [])
        #expect(try await queue.whereIs("host=x") == "host=x")
        // Others are not concerned.
        try await queue.add(1, "c", lane: "host=y")
        #expect(try await two.claim(5) == ["c0"])
        #expect(try await queue.status("total_opened") == 1)
        #expect(try await queue.audit() == [])
    }

    @Test func failuresOutsideTheSpanDoNotAddUp() async throws {
        try await queue.add(5, "a", lane: "host=x")
        #expect(try await one.claim(5).count == 5)
        for (id, time) in [("a0", 0), ("a1", 6000), ("a2", 10_000), ("a3", 16_001)] {
            try await queue.setClock(time)
            try await fail(one, [id])
            #expect(try await queue.gate("host=x").breaker == .closed, "\(id)")
        }
        try await queue.setClock(19_000)
        try await fail(one, ["a4"])
        #expect(try await queue.gate("host=x").breaker == .open)
    }

    @Test func aSuccessBetweenDoesNotForgetFailures() async throws {
        try await queue.add(5, "a", lane: "host=x")
        #expect(try await one.claim(4).count == 4)
        try await fail(one, ["a0", "a1"])
        try await one.cycle(0, settling: ["a2"])
        try await fail(one, ["a3"])
        #expect(try await queue.gate("host=x").breaker == .open)
    }

    @Test func aFailureSpendsNoAttemptAndKeepsThePlace() async throws {
        try await queue.add("a", options: #"{"lane":"host=x"}"#)
        #expect(try await one.claim(1) == ["a"])
        let fence = try #require(try await queue.redis("HGET", "config", "fence"))
        try await queue.check(
            ["cycle", "one", "1", "2", "0", "12000", fence, "unavailable", "1", "1", "a", #"host 0 0 "down""#],
            """
            = [[T+0, 0, 0, -1, 0, 1], [], [], [], [], [], [], [], [], []]
            + breaker:host=x: (expires)
            + breaker:host=x: failures = T+0
            + events: from=executing to=scheduled ids=a worker=one
            - executing: a = F+0 one 1 T+0 5/T+0.0 host host=x
            - gate:host=x: a
            - held:one: a
            + place: a = 5/T+0.0
            + scheduled: T+1000 a
            + stats: unavailable = 1
            + waits: a = 1
            - worker:one: call = 1
            + worker:one: call = 2
            """)
    }

    @Test func halfOpenItIsTriedWithOneJobOverAllWorkers() async throws {
        try await open()
        try await queue.setClock(19_999)
        #expect(try await one.claim(5) == [])
        try await queue.setClock(20_000)
        #expect(try await one.claim(5) == ["a0"])
        #expect(try await two.claim(5) == [])
        #expect(try await queue.gate("host=x").breaker == .halfOpen)
        #expect(try await queue.key("executing")?.contains(" host! host=x") == true)
        try await one.cycle(0, settling: ["a0"])
        #expect(try await queue.gate("host=x").breaker == .closed)
        #expect(try await two.claim(20).count == 11)
        try await two.drain()
        try await queue.expectNothingLeft()
    }

    @Test func severalLanesOfAGateHaveOneProbe() async throws {
        for n in 0..<5 { try await queue.add(3, "\(n)-", lane: "host=x&n=\(n)") }
        #expect(try await one.claim(3).count == 3)
        try await fail(one, one.running.keys.map(\.text).sorted())
        #expect(try await one.claim(9) == [])
        try await queue.setClock(20_000)
        #expect(try await one.claim(9).count + two.claim(9).count == 1)
        #expect(try await queue.audit() == [])
        let probe = one.running.isEmpty ? two : one
        try await probe.cycle(0, settling: probe.running.keys.map(\.text))
        #expect(try await one.claim(50).count == 14)
    }

    enum Vanishing: CaseIterable { case crash, cancel, release, retry, snooze, lostReply }

    @Test(arguments: Vanishing.allCases) func aProbeThatIsGoneWithoutAVerdictLetsTheNextOneIn(_ way: Vanishing) async throws {
        try await open()
        try await queue.setClock(20_000)
        let worker = try await queue.worker("w", lease: .seconds(2))
        #expect(try await worker.claim(5) == ["a0"])
        #expect(try await two.claim(5) == [])
        switch way {
        case .crash:
            try await queue.setClock(22_000)
            try await one.cycle()
        case .cancel:
            _ = try await queue.fcall(["cancel", "a0"])
            try await worker.cycle(0, settling: ["a0"], .release)
        case .release: try await worker.cycle(0, settling: ["a0"], .release)
        case .retry: try await worker.cycle(0, settling: ["a0"], .retry(after: .seconds(60), error: "1"))
        case .snooze: try await worker.cycle(0, settling: ["a0"], .snooze(.seconds(60)))
        case .lostReply:
            worker.forget(JobID(known: "a0"))
            try await worker.resync()
        }
        #expect(try await queue.gate("host=x").breaker == .halfOpen)
        #expect(try await queue.redis("HGET", "breaker:host=x", "probe") == nil)
        let isBack = way == .crash || way == .release || way == .lostReply
        #expect(try await one.claim(5) == [isBack ? "a0" : "a1"])
        #expect(try await two.claim(5) == [])
        #expect(try await queue.audit() == [])
    }

    @Test func aProbeThatFailsOpensItAgain() async throws {
        try await open()
        try await queue.setClock(25_000)
        #expect(try await one.claim(5) == ["a0"])
        try await queue.setClock(26_000)
        try await fail(one, ["a0"])
        #expect(try await queue.key("breaker:host=x") == "(expires)\nopened = T+26000\nuntil = T+46000")
        try await queue.setClock(45_999)
        #expect(try await one.claim(5) == [])
        try await queue.setClock(46_000)
        #expect(try await one.claim(5).count == 1)
    }

    @Test func whatRunsFromBeforeTellsNothing() async throws {
        try await queue.add(8, "a", lane: "host=x")
        #expect(try await two.claim(4) == ["a0", "a1", "a2", "a3"])
        #expect(try await one.claim(3).count == 3)
        try await fail(one, one.running.keys.map(\.text).sorted())
        let opened = try await queue.key("breaker:host=x")
        try await queue.setClock(5000)
        try await fail(two, ["a0"])
        try await two.cycle(0, settling: ["a1"])
        #expect(try await queue.key("breaker:host=x") == opened)
        // The same while a probe runs, and after the breaker has closed.
        try await queue.setClock(20_000)
        #expect(try await one.claim(5).count == 1)
        try await two.cycle(0, settling: ["a2"])
        #expect(try await queue.gate("host=x").breaker == .halfOpen)
        try await one.cycle(0, settling: one.running.keys.map(\.text))
        try await fail(two, ["a3"])
        #expect(try await queue.key("breaker:host=x")?.contains("failures") == false)
    }

    @Test func aDependencyMaySayWhenToComeBack() async throws {
        try await queue.add(9, "a", lane: "host=x")
        #expect(try await one.claim(3).count == 3)
        try await fail(one, ["a0"], retryAfter: .seconds(45))
        #expect(try await queue.gate("host=x").openUntil == queue.start + 45_000)
        // Later than was known, by a run from before; earlier is not believed.
        try await fail(one, ["a1"], retryAfter: .seconds(90))
        #expect(try await queue.gate("host=x").openUntil == queue.start + 90_000)
        try await fail(one, ["a2"], retryAfter: .seconds(5))
        #expect(try await queue.gate("host=x").openUntil == queue.start + 90_000)
        try await queue.setClock(89_999)
        #expect(try await one.claim(9) == [])
        try await queue.setClock(90_000)
        #expect(try await one.claim(9) == ["a0"])
        try await fail(one, ["a0"], retryAfter: .seconds(86_400))
        #expect(try await queue.gate("host=x").openUntil == queue.start + 90_000 + 3_600_000)
    }

    @Test func aPoisonedJobDoesNotKeepTheOthersFromTrying() async throws {
        try await open()
        var now = 0
        var failures = 0
        var completed: Set<String> = []
        while completed.count < 11, failures < 20 {
            now += 4000
            try await queue.setClock(now)
            let ids = try await one.claim(20)
            if ids.contains("a0") {
                failures += 1
                try await fail(one, ["a0"])
            }
            try await one.cycle(0, settling: ids.filter { $0 != "a0" })
            completed.formUnion(ids.filter { $0 != "a0" })
        }
        #expect(completed.count == 11)
        #expect(failures <= 6)
    }

    @Test func aNeedHasABreakerThoughNoneIsDeclared() async throws {
        try await queue.add(9, "a", lane: "tmdb")
        #expect(try await one.claim(5).count == 5)
        try await fail(one, ["a0", "a1", "a2", "a3"], "tmdb")
        #expect(try await queue.gate("tmdb").breaker == .closed)
        try await fail(one, ["a4"], "tmdb")
        #expect(try await queue.gate("tmdb").openUntil == queue.start + 20_000)
        #expect(try await two.claim(9) == [])
    }
}
