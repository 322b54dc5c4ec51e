import SluiceCore
import SluiceStore
import Testing

/// Tokens, the watch, and after how long a worker is told to come.
@Suite(.timeLimit(.minutes(10)))
struct WakeTests {
    @Test func manyChangesLeaveOneToken() async throws {
        let queue = try await LuaQueue()
        for id in ["a", "b", "c"] { try await queue.add(id) }
        #expect(try await queue.key("wake") == "1")
    }

    @Test func whoLeavesWorkBehindPassesTheTokenOn() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", "b")
        let worker = try await queue.worker()
        _ = try await queue.takeToken()
        try await worker.cycle(0)
        #expect(try await queue.takeToken())
        try await worker.cycle(1)
        #expect(try await queue.takeToken())
        try await worker.cycle(1)
        #expect(try await queue.takeToken() == false)
    }

    /// A delivery by an idle worker to its own queue leaves no token, and the worker's next cycle one for what it leaves behind.
    @Test func whoDeliversToItsOwnQueueTakesNoToken() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        let now = try #require(try await queue.call(Status())["now"].flatMap { Int($0) })
        let items = ["a", "b"].map { Deliver.Item(id: JobID(known: $0), spec: Array(#"{"kind":"k"}"#.utf8), options: "") }
        #expect(try await queue.call(Deliver(validUntil: now + 60_000, items: items, wakes: false)) == 2)
        #expect(try await queue.takeToken() == false)
        #expect(try await worker.cycle(1).jobs.map(\.id.text) == ["a"])
        #expect(try await queue.takeToken())
        #expect(try await worker.cycle(0, settling: ["a"], .completed(result: nil)).jobs.isEmpty)
        #expect(try await queue.takeToken())
        #expect(try await queue.call(Deliver(validUntil: now + 60_000, items: items, wakes: false)) == 0)
    }

    @Test func aWorkerThatHasToResyncPassesTheTokenOn() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        _ = try await queue.takeToken()
        try await ScriptedWorker("stranger", on: queue, session: 1).cycle(1)
        #expect(try await queue.takeToken())
    }

    @Test func whatComesBackWakesSomebody() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker()
        try await worker.cycle(1)
        _ = try await queue.takeToken()
        try await worker.cycle(0, settling: ["a"], .release)
        #expect(try await queue.takeToken())
        try await worker.cycle(1)
        try await ScriptedWorker("w", on: queue, session: 1).resync()
        #expect(try await queue.takeToken())
    }

    @Test func aPausedQueueWakesNobodyUntilItIsResumed() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        _ = try await queue.fcall(["pause"])
        try await queue.add("a")
        try await queue.add("b", options: #"{"delay":1000}"#)
        try await queue.advance(2)
        _ = try await queue.takeToken()
        #expect(try await worker.cycle(1).jobs.isEmpty)
        #expect(try await queue.state("b") == "available")
        #expect(try await queue.takeToken() == false)
        _ = try await queue.fcall(["resume"])
        #expect(try await queue.takeToken())
        #expect(try await worker.claim(2) == ["a", "b"])
    }

    @Test func oneIdleWorkerWatchesForTheNextDueTime() async throws {
        let queue = try await LuaQueue()
        let first = try await queue.worker("w")
        let second = try await queue.worker("v")
        try await queue.add("a", options: #"{"delay":5000}"#)
        _ = try await queue.takeToken()
        #expect(try await first.cycle(1).come == .seconds(5))
        #expect(try await second.cycle(1).come == nil)
        #expect(try await first.cycle(1).come == .seconds(5))
        // Later than the watch ends: nobody need be woken. Earlier: somebody.
        try await queue.add("b", options: #"{"delay":6000}"#)
        #expect(try await queue.takeToken() == false)
        try await queue.add("c", options: #"{"delay":1000}"#)
        #expect(try await queue.takeToken())
        #expect(try await second.cycle(1).come == .seconds(1))
        #expect(try await queue.key("watch") == "(expires)\nT+1000 v")
    }

    @Test func aWatchIsNoLongerThanTheIdleTime() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("a", options: #"{"delay":60000}"#)
        #expect(try await worker.cycle(1, idle: .seconds(12)).come == .seconds(12))
        _ = try await queue.takeToken()
        // Due before the watch ends, and after it.
        try await queue.add("b", options: #"{"delay":12000}"#)
        #expect(try await queue.takeToken() == false)
        try await queue.add("c", options: #"{"delay":11999}"#)
        #expect(try await queue.takeToken())
    }

    @Test func aWorkerThatIsFullGivesTheWatchBack() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("later", options: #"{"delay":5000}"#)
        #expect(try await worker.cycle(1).come == .seconds(5))
        try await queue.add("a")
        _ = try await queue.takeToken()
        #expect(try await worker.cycle(1).come == nil)
        #expect(try await queue.key("watch") == nil)
        #expect(try await queue.takeToken())
    }

    @Test func aWatchThatWasNotKeptIsTakenOver() async throws {
        let queue = try await LuaQueue()
        let first = try await queue.worker("w", lease: .seconds(60))
        let second = try await queue.worker("v", lease: .seconds(60))
        try await queue.add("a", options: #"{"delay":5000}"#)
        try await queue.add("b", options: #"{"delay":9000}"#)
        try await first.cycle(9)
        try await queue.advance(6)
        let reply = try await second.cycle(9)
        #expect(reply.jobs.map(\.id.text) == ["a"])
        #expect(reply.come == .seconds(3))
        #expect(try await queue.key("watch") == "(expires)\nT+9000 v")
    }

    @Test func theEndOfAnothersLeaseIsWatchedToo() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        try await queue.worker("w", lease: .seconds(10)).cycle(1)
        let worker = try await queue.worker("v")
        #expect(try await worker.cycle(1, idle: .seconds(60)).come == .seconds(10))
        try await queue.advance(10)
        #expect(try await worker.claim(1) == ["a"])
    }
}
