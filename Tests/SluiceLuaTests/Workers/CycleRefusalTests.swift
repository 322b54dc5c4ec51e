import SluiceCore
import SluiceStore
import Testing

@Suite(.timeLimit(.minutes(10)))
struct CycleRefusalTests {
    @Test func aSettlementOfAnotherRunChangesNothingAndIsCounted() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker("w")
        let other = try await queue.worker("v")
        let fence = try #require(try await worker.cycle(1).jobs.first?.fence)
        // A wrong fence; another worker, with the right one; no such job.
        for (id, caller, number) in [("a", "w", fence.number + 1), ("a", "v", fence.number), ("none", "w", fence.number)] {
            let worker = caller == "w" ? worker : other
            worker.hold(id, Fence(number))
            let before = try await queue.dump()
            let reply = try await worker.cycle(0, settling: [id])
            #expect(reply.refused.map(\.text) == [id])
            let found = changes(from: before, to: try await queue.dump()).filter { !$0.contains("worker:") }
            #expect(found.filter { !$0.contains("stats: refused") } == [])
        }
        #expect(try await queue.status("total_refused") == 3)
        worker.hold("a", fence)
        #expect(try await worker.cycle(0, settling: ["a"]).refused == [])
        // It has ended; and twice in one call.
        worker.hold("a", fence)
        #expect(try await worker.cycle(0, settling: ["a"]).refused.map(\.text) == ["a"])
        #expect(try await queue.audit() == [])
    }

    @Test func ofTwoSettlementsOfARunTheSecondIsRefused() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker()
        try await worker.cycle(1)
        let reply = try await worker.cycle(0, settling: ["a", "a"])
        #expect(reply.refused.map(\.text) == ["a"])
        #expect(try await queue.key("completed") == "T+0 a")
    }

    @Test func callsThatAreOverAreStale() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker()
        try await worker.cycle()
        try await queue.checkRefused(["cycle", "w", "1", "1", "1", "0"], "stale: session 1, call 1")
        try await queue.checkRefused(["resync", "w", "1", "30000", "{}"], "stale: session 1")
        try await worker.resync()
        try await queue.checkRefused(["cycle", "w", "1", "2", "1", "0"], "stale: session 1, call 2")
        try await queue.checkRefused(["leave", "w", "1"], "stale: that session")
    }

    @Test func aWorkerThatIsNotKnownHasToResyncBeforeItClaims() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let stranger = ScriptedWorker("s", on: queue, session: 1)
        let reply = try await stranger.cycle(1)
        #expect(reply.mustResync)
        #expect(reply.jobs.isEmpty)
        try await stranger.resync()
        #expect(try await stranger.claim(1) == ["a"])
    }

    @Test func badArgumentsChangeNothing() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        try await queue.worker().cycle()
        try await queue.advance(1)
        let good = ["w", "1", "2", "0", "12000"]
        let refused: [([String], String)] = [
            (["", "1", "2", "0", "1"], "worker must be"), (["a b", "1", "2", "0", "1"], "worker must be"), ([], "worker must be"),
            (["w", "0", "2", "0", "1"], "session must"), (["w", "1", "x", "0", "1"], "call must"),
            (["w", "1", "2", "1001", "1"], "demand must"), (["w", "1", "2", "-1", "1"], "demand must"),
            (["w", "1", "2", "0", "1.5"], "idle must"), (good + ["1", "melted", "1", "0", "a"], "no such outcome: melted"),
            (good + ["1", "completed", "0", "0"], "size of a group must"),
            (good + ["1", "completed", "2", "0", "a"], "a group must be"),
            (good + ["1", "completed", "1", "1", "a"], "a group must be"),
            (good + ["1", "retry", "1", "1", "a", "1", "x"], "size of a group"),
            (good + ["1"], "size of a group"),
        ]
        for (arguments, message) in refused { try await queue.checkRefused(["cycle"] + arguments, message) }
        let many = ["1", "release", "1000", "0"] + (0..<1000).map { "j\($0)" } + ["1", "release", "1", "0", "x"]
        try await queue.checkRefused(["cycle"] + good + many, "at most 1000 ids in all")
    }

    @Test func keysAndFormatsThatAreNotOursAreRefused() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        for key in ["mail", "a:{b}:c", "{b}", "a:{b c}", "a:{\(String(repeating: "q", count: 65))}"] {
            #expect(try await queue.fcall(["status"], key: key).contains("the call needs one key"), "\(key)")
        }
        try await queue.redis("HSET", "config", "format", "9")
        try await queue.checkRefused(["status"], "newerVersion: the queue has data format 9")
        try await queue.checkRefused(["sluice_enqueue", "b", #"{"kind":"k"}"#, ""], "data format 9")
    }
}
