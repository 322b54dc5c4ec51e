import SluiceCore
import SluiceStore
import Testing

/// A discarded job of a chain keeps it, if it is to, until somebody has decided about it.
@Suite(.timeLimit(.minutes(10)))
struct ChainDecisionTests {
    /// How somebody, or time, decides about a discarded job that holds its chain.
    enum Decision: CaseIterable { case retry, cancel, delete, count, age }

    @Test(arguments: Decision.allCases) func aDiscardedJobHoldsItsChainUntilItIsDecided(_ decision: Decision) async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", "b", "c", options: #"{"lane":"chain=k","hold":true}"#)
        let worker = try await queue.worker("w", lease: .seconds(3600))
        #expect(try await worker.claim(5) == ["a"])
        try await worker.cycle(0, settling: ["a"], .discarded(error: "1"))
        #expect(try await queue.state("a") == "discarded")
        #expect(try await queue.key("gate:chain=k") == "a")
        #expect(try await worker.claim(5) == [])
        #expect(try await queue.audit() == [])
        try await queue.add("d", options: #"{"lane":"chain=k"}"#)
        try await queue.advance(10)
        #expect(try await worker.claim(5) == [])
        _ = try await queue.takeToken()
        switch decision {
        case .retry: #expect(try await queue.fcall(["retry", "a"]) == "[a, available]")
        case .cancel: #expect(try await queue.fcall(["cancel", "a"]) == "[a, cancelled]")
        case .delete: #expect(try await queue.fcall(["delete", "a"]) == "[a, deleted]")
        case .count:
            _ = try await queue.fcall(["configure", "discarded", "0 3600000"])
            try await queue.advance(10)
            try await worker.cycle()
        case .age:
            _ = try await queue.fcall(["configure", "discarded", "10 5000"])
            try await queue.advance(10)
            try await worker.cycle()
        }
        #expect(try await queue.members("chain=k") == 0)
        #expect(try await queue.takeToken())
        #expect(try await queue.audit() == [])
        #expect(try await worker.drain() == (decision == .retry ? ["a", "b", "c", "d"] : ["b", "c", "d"]))
        if decision == .cancel {
            // It has let go: from here on it is like any other, and comes last.
            try await queue.add("e", options: #"{"lane":"chain=k"}"#)
            _ = try await queue.fcall(["retry", "a"])
            #expect(try await worker.drain() == ["e", "a"])
        }
        try await queue.expectNothingLeft()
    }

    @Test(arguments: [ChainExit.discarded, .cancelled, .unavailable, .lastCrash])
    func onlyWhatIsDiscardedHolds(_ exit: ChainExit) async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", "b", options: #"{"lane":"chain=k","hold":true}"#)
        let other = try await queue.worker("other", lease: .seconds(3600))
        let worker = try await queue.worker("w", lease: .seconds(2))
        #expect(try await worker.claim(5) == ["a"])
        switch exit {
        case .lastCrash:
            _ = try await queue.fcall(["configure", "crashes", "1"])
            try await queue.advance(2)
            try await other.cycle()
        case .unavailable:
            try await queue.redis("HSET", "waits", "a", "1")
            try await worker.cycle(
                0, settling: ["a"], .unavailable(dependency: "x", retryAfter: nil, maxWaits: 1, error: "1"))
        default: try await worker.cycle(0, settling: ["a"], exit.outcome)
        }
        #expect(try await queue.state("a") == (exit == .cancelled ? "cancelled" : "discarded"))
        #expect(try await other.claim(5) == (exit == .cancelled ? ["b"] : []))
        #expect(try await queue.audit() == [])
    }

    /// Where no discarded job is kept, none can hold.
    @Test func whatIsNotKeptHoldsNothing() async throws {
        let queue = try await LuaQueue()
        _ = try await queue.fcall(["configure", "discarded", "0 0", "completed", "0 0"])
        try await queue.add("a", "b", options: #"{"lane":"chain=k","hold":true}"#)
        let worker = try await queue.worker()
        #expect(try await worker.claim(5) == ["a"])
        #expect(try await worker.cycle(5, settling: ["a"], .discarded(error: "1")).jobs.map(\.id.text) == ["b"])
        try await worker.drain()
        let left = Set(try await queue.dump().keys).subtracting(["wake", "watch", "calls", "vtime", "beat"])
        #expect(left.filter { !$0.hasPrefix("stats") && !$0.hasPrefix("worker") }.sorted() == ["config", "events"])
    }

    /// A discarded job that holds nothing is refused as ever, and none of another chain is touched.
    @Test func whoHoldsNothingIsRefused() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", options: #"{"lane":"chain=k"}"#)
        try await queue.add("b", "c", options: #"{"lane":"chain=l","hold":true}"#)
        let worker = try await queue.worker()
        #expect(try await worker.claim(5).sorted() == ["a", "b"])
        try await worker.cycle(0, settling: ["a", "b"], .discarded(error: "1"))
        #expect(try await queue.fcall(["cancel", "a"]) == "[a, discarded]")
        #expect(try await queue.key("gate:chain=l") == "b")
        #expect(try await worker.claim(5) == [])
    }
}
