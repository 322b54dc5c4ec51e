import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// At most so many starts in any window of time, by the server's clock.
@Suite(.timeLimit(.minutes(10)))
struct RateTests {
    @Test func everyStartCountsUntilItsWindowIsOver() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("rate/host", "3/100000/3000")
        try await queue.add(20, "a", lane: "host=x")
        let worker = try await queue.worker("w", lease: .seconds(3600))
        #expect(try await worker.claim(2) == ["a0", "a1"])
        try await queue.setClock(60_000)
        #expect(try await worker.claim(9) == ["a2"])
        try await worker.cycle(0, settling: ["a0", "a1", "a2"])
        try await queue.setClock(102_999)
        #expect(try await worker.claim(9) == [])
        // Starts are counted by thousandths of the window.
        try await queue.setClock(103_110)
        #expect(try await worker.claim(9) == ["a3", "a4"])
        try await queue.setClock(162_999)
        #expect(try await worker.claim(9) == [])
        try await queue.setClock(163_110)
        #expect(try await worker.claim(9) == ["a5"])
        #expect(try await queue.audit() == [])
    }

    @Test func retriesSnoozesAndReleasesCount() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("rate/host", "3/60000/1")
        try await queue.add(1, "a", lane: "host=x")
        let worker = try await queue.worker("w", lease: .seconds(3600))
        let outcomes: [Settlement.Outcome] = [.retry(after: .seconds(1), error: "1"), .snooze(.seconds(1)), .release]
        for (second, outcome) in outcomes.enumerated() {
            try await queue.setClock(second * 1000)
            #expect(try await worker.claim(1) == ["a0"])
            try await worker.cycle(0, settling: ["a0"], outcome)
        }
        #expect(try await worker.claim(1) == [])
        #expect(try await queue.gate("host=x").rateUsed == 3)
    }

    @Test func anIdleWorkerIsToldWhenTheNextPlaceComes() async throws {
        for name in ["rate", "rate/host"] {
            let queue = try await LuaQueue()
            try await queue.declare(name, "2/100000/3000")
            try await queue.add(9, "a", lane: "host=x")
            let worker = try await queue.worker("w", lease: .seconds(3600))
            let come = try #require(try await worker.cycle(9, [], idle: .seconds(600)).come)
            #expect(worker.running.count == 2)
            #expect(come >= .milliseconds(103_000) && come <= .milliseconds(103_103), "\(name)")
            try await queue.setClock(come.milliseconds)
            #expect(try await worker.claim(9).count == 2, "\(name)")
        }
    }

    @Test func partitionsDoNotUseUpEachOthersPlaces() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("rate/host", "2/100000", "rate", "5/100000")
        for host in ["x", "y", "z"] { try await queue.add(5, host, lane: "host=" + host) }
        let worker = try await queue.worker("w", lease: .seconds(3600))
        #expect(try await worker.claim(50) == ["x0", "x1", "y0", "y1", "z0"])
        try await queue.setClock(104_000)
        #expect(try await worker.claim(50).count == 5)
    }

    @Test func changedNumbersHoldFromTheNextClaimOn() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("rate/host", "3/1000000/1")
        try await queue.add(50, "a", lane: "host=x")
        let worker = try await queue.worker("w", lease: .seconds(3600))
        #expect(try await worker.claim(50).count == 3)
        try await queue.override("rate/host", "5/1000000/1")
        #expect(try await worker.claim(50).count == 2)
        try await queue.override("rate/host", "2/1000000/1")
        #expect(try await worker.claim(50).count == 0)
        try await queue.setClock(500_000)
        #expect(try await worker.claim(50).count == 0)
        // A shorter window: what counts, counts no longer than that from now on.
        try await queue.override("rate/host", "4/100000/1")
        #expect(try await worker.claim(50).count == 0)
        try await queue.setClock(600_200)
        #expect(try await worker.claim(50).count == 4)
        #expect(try await queue.fcall(["restore", "rate/host"]) == "1")
        #expect(try await worker.claim(50).count == 0)
        #expect(try await queue.audit() == [])
    }

    @Test func aClockThatGoesBackHoldsNobodyUpForLongerThanAWindow() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("rate/host", "3/100000/3000")
        for lane in ["host=x", "host=x&n=1"] { try await queue.add(20, lane, lane: lane) }
        let worker = try await queue.worker("w", lease: .seconds(3600))
        #expect(try await worker.claim(50).count == 3)
        try await worker.cycle(0, settling: worker.running.keys.map(\.text))
        let hour = -3_600_000
        try await queue.setClock(hour)
        // What seems to have started in the future has started now.
        #expect(try await worker.claim(50).count == 0)
        try await queue.setClock(hour + 102_999)
        #expect(try await worker.claim(50).count == 0)
        try await queue.setClock(hour + 103_300)
        #expect(try await worker.claim(50).count == 3)
        #expect(try await queue.audit() == [])
    }

    @Test func itSurvivesARestartOfRedis() async throws {
        let server = try await RedisTestServer.start(.init(aof: true))
        try await server.useVirtualClock()
        let queue = try await LuaQueue(in: TestNamespace(on: server, clock: .virtual))
        try await queue.declare("rate", "3/60000", "rate/host", "2/60000")
        try await queue.add(20, "a", lane: "host=x")
        try await queue.add(20, "b", lane: "host=y")
        let worker = try await queue.worker("w", lease: .seconds(3600))
        #expect(try await worker.claim(50).count == 3)
        try await server.restart()
        // The connection ended with the server that was.
        var tries = 0
        while tries < 100, (try? await queue.setClock(1000)) == nil { tries += 1 }
        #expect(try await worker.claim(50).count == 0)
        #expect(try await queue.gate("host=x").rateUsed == 2)
        #expect(try await queue.gate("host=y").rateUsed == 1)
        try await queue.setClock(62_000)
        try await worker.resync()
        #expect(try await worker.claim(50).count == 3)
    }
}
