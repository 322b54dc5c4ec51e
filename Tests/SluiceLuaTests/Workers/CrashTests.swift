import SluiceCore
import SluiceStore
import Testing

/// Jobs whose worker died under them.
@Suite(.timeLimit(.minutes(10)))
struct CrashTests {
    private let queue: LuaQueue
    private let survivor: ScriptedWorker

    init() async throws {
        queue = try await LuaQueue()
        survivor = try await queue.worker("survivor", lease: .seconds(3600))
    }

    /// A worker claims up to `demand` jobs and dies; what it held is taken back two seconds later.
    private func crash(_ name: String, _ demand: Int = 10, after seconds: Double = 2) async throws -> [String] {
        let worker = try await queue.worker(name, lease: .seconds(seconds))
        let ids = try await worker.claim(demand)
        try await queue.advance(seconds)
        try await survivor.cycle()
        return ids
    }

    @Test func theFirstTimeAJobIsAtOnceBackAtItsPlace() async throws {
        try await queue.add("a", "b")
        #expect(try await crash("w1", 1) == ["a"])
        #expect(try await queue.state("a") == "available")
        #expect(try await queue.key("crashes") == "a = 1")
        #expect(try await survivor.claim(2) == ["a", "b"])
    }

    @Test func fromTheSecondTimeSuspectsComeTenSecondsApart() async throws {
        try await queue.add("a", "b", "c")
        for name in ["w1", "w2"] { #expect(try await crash(name) == ["a", "b", "c"]) }
        let due = try #require(try await queue.key("retryable")).split(separator: "\n").map { $0.split(separator: " ")[0] }
        #expect(due == ["T+14000", "T+24000", "T+34000"])
        #expect(try await queue.key("suspects") == queue.key("retryable"))
        for _ in 1...3 {
            try await queue.advance(10)
            #expect(try await survivor.claim(10).count == 1)
        }
        #expect(try await queue.key("suspects") == nil)
        #expect(try await queue.key("attempts") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test(arguments: [true, false]) func aSuspectThatSettlesLetsTheNextGoAtOnce(_ isKept: Bool) async throws {
        if !isKept { _ = try await queue.fcall(["configure", "completed", "0 0"]) }
        try await queue.add("a", "b", "c")
        for name in ["w1", "w2"] { _ = try await crash(name) }
        try await queue.advance(10)
        var settled: [String] = []
        for _ in 1...3 {
            let ids = try await survivor.cycle(10, settling: settled).jobs.map(\.id.text)
            #expect(ids.count == 1)
            settled = ids
        }
        try await survivor.cycle(0, settling: settled)
        #expect(try await queue.key("suspects") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test func aSettlementThatIsRefusedLetsNobodyGo() async throws {
        try await queue.add("a", "b")
        for name in ["w1", "w2"] { _ = try await crash(name) }
        try await queue.advance(10)
        let id = try #require(try await survivor.claim(10).first)
        survivor.hold(id, Fence(1))
        try await survivor.cycle(0, settling: [id])
        #expect(try await queue.status("retryable") == 1)
        #expect(try await survivor.claim(10) == [])
    }

    @Test func theFifthTimeItIsDiscardedWithAllThatIsKnown() async throws {
        try await queue.add("a")
        for name in ["w1", "w2", "w3", "w4"] {
            #expect(try await crash(name) == ["a"])
            try await queue.advance(10)
        }
        try await queue.add("b")
        #expect(try await crash("w5").sorted() == ["a", "b"])
        #expect(try await queue.state("a") == "discarded")
        #expect(try await queue.state("b") == "available")
        let error = try #require(try await queue.key("errors"))
        for part in [
            #""worker":"w5""#, #""host":"host-of-w5""#, #""died_with":["b"]"#, "its worker died 5 times while running it",
        ] {
            #expect(error.contains(part))
        }
        #expect(try await queue.key("run")?.contains(" w5 1 ") == true)
        #expect(try await queue.audit() == [])
    }

    @Test func theLimitCanBeConfigured() async throws {
        _ = try await queue.fcall(["configure", "crashes", "1"])
        try await queue.add("a")
        _ = try await crash("w1")
        #expect(try await queue.state("a") == "discarded")
    }

    @Test func aRunThatLivedTenMinutesClearsTheRecord() async throws {
        try await queue.add("a")
        for name in ["w1", "w2", "w3"] {
            _ = try await crash(name)
            try await queue.advance(10)
        }
        #expect(try await queue.key("crashes") == "a = 3")
        _ = try await crash("w4", after: 600)
        #expect(try await queue.key("crashes") == "a = 1")
        #expect(try await queue.state("a") == "available")
    }

    @Test func releaseResyncAndSilenceCountNoCrash() async throws {
        try await queue.add("a")
        let worker = try await queue.worker("w")
        try await worker.cycle(1)
        try await worker.cycle(1, settling: ["a"], .release)
        try await ScriptedWorker("w", on: queue, session: 1).resync()
        #expect(try await queue.key("crashes") == nil)
        #expect(try await queue.state("a") == "available")
    }

    @Test func aWorkerThatOnlySeemedDeadTakesTheCrashBack() async throws {
        try await queue.add("a", "b")
        let frozen = try await queue.worker("frozen", lease: .seconds(2))
        #expect(try await frozen.claim(1) == ["a"])
        try await queue.advance(2)
        try await survivor.cycle()
        #expect(try await queue.key("crashes") == "a = 1")
        let fence = try #require(frozen.running[JobID(known: "a")])
        try await frozen.resync()
        #expect(try await queue.key("crashes") == nil)
        // Told once more, since a reply may be lost, it takes back nothing more.
        #expect(try await crash("w1", 1) == ["a"])
        frozen.hold("a", fence)
        try await frozen.resync()
        #expect(try await queue.key("crashes") == "a = 1")
        #expect(try await queue.audit() == [])
    }

    @Test func aSuspectWhoseWorkerComesBackNeedNotWait() async throws {
        try await queue.add("a")
        _ = try await crash("w1")
        let frozen = try await queue.worker("frozen", lease: .seconds(2))
        #expect(try await frozen.claim(1) == ["a"])
        try await queue.advance(2)
        try await survivor.cycle()
        #expect(try await queue.status("retryable") == 1)
        try await frozen.resync()
        #expect(try await queue.key("suspects") == nil)
        #expect(try await survivor.claim(1) == ["a"])
        #expect(try await queue.key("crashes") == "a = 1")
        #expect(try await queue.audit() == [])
    }

    @Test func crashesAreTakenBackTwentyTimesAtMost() async throws {
        try await queue.add("a")
        for round in 1...25 {
            let frozen = try await queue.worker("frozen-\(round)", lease: .seconds(2))
            guard try await frozen.claim(1) == ["a"] else { break }
            try await queue.advance(2)
            try await survivor.cycle()
            try await frozen.resync()
            try await queue.advance(10)
        }
        #expect(try await queue.state("a") == "discarded")
        #expect(try await queue.audit() == [])
    }

    @Test func changesByOperatorsTakeASuspectOffTheList() async throws {
        try await queue.add("a", "b", "c", "d")
        for name in ["w1", "w2"] { _ = try await crash(name) }
        for call in [["cancel", "a"], ["retry", "b"], ["reschedule", "1000", "c"], ["delete", "d"]] {
            _ = try await queue.fcall(call)
        }
        #expect(try await queue.key("suspects") == nil)
        #expect(try await queue.audit() == [])
    }
}
