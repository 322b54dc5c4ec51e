import SluiceCore
import SluiceStore
import Testing

/// Fairness between lanes.
@Suite(.timeLimit(.minutes(10)))
struct LaneTests {
    /// How many of the ids begin with each of the prefixes.
    private func shares(_ ids: [String], _ prefixes: [String]) -> [Int] {
        prefixes.map { prefix in ids.filter { $0.hasPrefix(prefix) }.count }
    }

    @Test func lanesTakeTurnsOfSixteen() async throws {
        let queue = try await LuaQueue()
        try await queue.add(40, "x", lane: "h=x")
        try await queue.add(40, "y", lane: "h=y")
        let ids = try await queue.worker().claim(80)
        #expect(
            ids.map { $0.prefix(1) }.joined()
                == ["x", "y", "x", "y", "x", "y"].enumerated().map {
                    String(repeating: $0.element, count: $0.offset < 4 ? 16 : 8)
                }.joined())
        #expect(ids.filter { $0.hasPrefix("x") } == (0..<40).map { "x\($0)" })
        #expect(try await queue.audit() == [])
    }

    @Test func aLongLaneTakesNothingFromShortOnes() async throws {
        let queue = try await LuaQueue()
        try await queue.add(900, "long", lane: "h=long")
        for name in ["a", "b", "c"] { try await queue.add(50, name, lane: "h=" + name) }
        let worker = try await queue.worker()
        var ids: [String] = []
        while ids.count < 200 { ids += try await worker.claim(10) }
        #expect(shares(ids, ["long", "a", "b", "c"]) == [50, 50, 50, 50])
    }

    @Test func aLaneThatWasIdleHasSavedNothingUp() async throws {
        let queue = try await LuaQueue()
        try await queue.add(400, "x", lane: "h=x")
        try await queue.add(1, "y-first", lane: "h=y")
        let worker = try await queue.worker()
        _ = try await worker.claim(201)
        try await queue.add(100, "y", lane: "h=y")
        let ids = try await worker.claim(64)
        #expect(shares(ids, ["x", "y"]) == [32, 32])
    }

    @Test func aCallLooksAtTwoHundredLanesAndWakesSomebodyForTheRest() async throws {
        let queue = try await LuaQueue()
        let jobs = (0..<300).map { NewJob(id: JobID(known: "j\($0)"), spec: Array("{}".utf8), lane: "n=\($0)") }
        _ = try await queue.call(Enqueue(producer: "p", number: 1, jobs: jobs))
        let worker = try await queue.worker()
        _ = try await queue.takeToken()
        #expect(try await worker.claim(300).count == 200)
        #expect(try await queue.takeToken())
        #expect(try await worker.claim(300).count == 100)
        #expect(try await queue.takeToken() == false)
        #expect(try await queue.key("ready") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test func aLaneThatIsReadyAndHoldsNothingIsPutRight() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", options: #"{"lane":"h=x"}"#)
        try await queue.redis("DEL", "wait:h=x")
        #expect(try await queue.worker().claim(1) == [])
        #expect(try await queue.audit() == ["I1 a is in no index"])
    }

    @Test func twoQueuesOfANamespaceDoNotTouchEachOther() async throws {
        let mail = try await LuaQueue("mail")
        let other = try await LuaQueue("mail2", in: mail.queues)
        for queue in [mail, other] {
            try await queue.add("a", "b", "c")
            try await queue.worker().cycle(1)
        }
        let before = try await other.dump().filter { !$0.key.hasPrefix("{mail}") }
        let worker = try await mail.worker("v")
        try await worker.cycle(1)
        try await worker.cycle(0, settling: ["b"], .retry(after: .seconds(1), error: "1"))
        for call in [["cancel", "a"], ["delete", "c"], ["pause"], ["configure", "completed", "0 0"], ["resume"]] {
            _ = try await mail.fcall(call)
        }
        #expect(try await other.dump().filter { !$0.key.hasPrefix("{mail}") } == before)
        #expect(try await other.audit() == [])
    }
}
