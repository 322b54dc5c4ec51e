import SluiceCore
import SluiceStore
import Testing

/// Jobs of a chain run one at a time, in their order, whatever happens to them.
@Suite(.timeLimit(.minutes(5)))
struct ChainTests {
    private static let lane = "account=1&chain=k"

    /// How a run ends, or does not.
    enum Exit: CaseIterable {
        case completed, cancelled, discarded, cancelledByOperator, lastCrash
        case retry, snooze, wait, unavailable, secondCrash
        case release, crash, lostReply

        /// Whether the job waits, and its chain with it.
        var waits: Bool { [.retry, .snooze, .wait, .unavailable, .secondCrash].contains(self) }

        /// Whether it is back at its place at once.
        var isBack: Bool { [.release, .crash, .lostReply].contains(self) }

        var outcome: Settlement.Outcome {
            switch self {
            case .completed: .completed(result: nil)
            case .retry: .retry(after: .seconds(5), error: "1")
            case .snooze: .snooze(.seconds(5))
            case .wait: .wait(base: .seconds(5), cap: .seconds(5))
            case .unavailable: .unavailable(dependency: "account", retryAfter: nil, maxWaits: nil, error: "1")
            case .cancelled, .cancelledByOperator: .cancelled(error: "1")
            case .discarded: .discarded(error: "1")
            case .release, .crash, .secondCrash, .lastCrash, .lostReply: .release
            }
        }
    }

    @Test(arguments: Exit.allCases) func nothingOvertakesAJob(_ exit: Exit) async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "5")
        try await queue.add(3, "a", lane: Self.lane)
        let other = try await queue.worker("other", lease: .seconds(3600))
        let worker = try await queue.worker("w", lease: .seconds(2))
        #expect(try await worker.claim(5) == ["a0"])
        #expect(try await queue.members("account=1") == 1)
        #expect(try await other.claim(5) == [])
        try await leave(exit, worker, other, queue)
        #expect(try await queue.members("account=1") == 0)
        #expect(try await queue.audit() == [])
        if exit.waits {
            #expect(try await queue.key("gate:chain=k") == "a0")
            #expect(try await other.claim(5) == [])
            try await queue.advance(10)
        } else {
            #expect(try await queue.members("chain=k") == 0)
        }
        let next = exit.waits || exit.isBack ? "a0" : "a1"
        #expect(try await other.claim(5) == [next])
        #expect(try await queue.key("gate:chain=k") == next)
        #expect(try await queue.audit() == [])
        #expect(try await other.drain() == (next == "a0" ? ["a1", "a2"] : ["a2"]))
        try await queue.expectNothingLeft()
        for column in ["place", "hold"] { #expect(try await queue.key(column) == nil) }
    }

    private func leave(_ exit: Exit, _ worker: ScriptedWorker, _ other: ScriptedWorker, _ queue: LuaQueue) async throws {
        switch exit {
        case .crash, .lastCrash:
            if exit == .lastCrash { _ = try await queue.fcall(["configure", "crashes", "1"]) }
            try await queue.advance(2)
            try await other.cycle()
        case .secondCrash:
            try await leave(.crash, worker, other, queue)
            let second = try await queue.worker("second", lease: .seconds(2))
            #expect(try await second.claim(5) == ["a0"])
            try await leave(.crash, second, other, queue)
            #expect(try await queue.state("a0") == "retryable")
        case .lostReply:
            worker.forget(JobID(known: "a0"))
            try await worker.resync()
        case .cancelledByOperator:
            #expect(try await queue.fcall(["cancel", "a0"]) == "[a0, cancelling]")
            #expect(try await other.claim(5) == [])
            try await worker.cycle(0, settling: ["a0"], exit.outcome)
            #expect(try await queue.state("a0") == "cancelled")
        case .completed, .cancelled, .discarded, .retry, .snooze, .wait, .unavailable, .release:
            try await worker.cycle(0, settling: ["a0"], exit.outcome)
        }
    }

    /// A job that came back any number of times is still the first.
    @Test func theOrderHoldsOverManyWaits() async throws {
        let queue = try await LuaQueue()
        try await queue.add(3, "a", lane: "chain=k")
        let worker = try await queue.worker("w", lease: .seconds(3600))
        var settled: [String] = []
        for exit in [Exit.retry, .snooze, .wait, .release, .retry, .unavailable] {
            #expect(try await worker.cycle(5, settling: settled).jobs.map(\.id.text) == ["a0"])
            try await worker.cycle(0, settling: ["a0"], exit.outcome)
            try await queue.add(1, "later\(exit)", lane: "chain=k")
            try await queue.advance(10)
            settled = []
        }
        #expect(try await queue.key("attempts") == "a0 = 2")
        let rest = ["a0", "a1", "a2", "laterretry0", "latersnooze0", "laterwait0", "laterrelease0", "laterunavailable0"]
        #expect(try await worker.drain() == rest)
        try await queue.expectNothingLeft()
    }

    /// A suspect that is let go early, because the one before was harmless, has kept its chain as well.
    @Test func suspectsKeepTheirChains() async throws {
        let queue = try await LuaQueue()
        for chain in ["k", "l", "m"] { try await queue.add(2, chain, lane: "chain=\(chain)") }
        let survivor = try await queue.worker("survivor", lease: .seconds(3600))
        for name in ["w1", "w2"] {
            let worker = try await queue.worker(name, lease: .seconds(2))
            #expect(try await worker.claim(5) == ["k0", "l0", "m0"])
            try await queue.advance(2)
            try await survivor.cycle()
        }
        #expect(try await survivor.claim(5) == [])
        #expect(try await queue.audit() == [])
        try await queue.advance(10)
        let first = try await survivor.claim(5)
        #expect(first.count == 1)
        #expect(try await survivor.cycle(5, settling: first).jobs.map(\.id.text).sorted().count == 2)
        #expect(try await queue.audit() == [])
        let order = try await survivor.drain()
        for chain in ["k", "l", "m"] where order.contains(chain + "0") {
            #expect(order.filter { $0.hasPrefix(chain) } == [chain + "0", chain + "1"])
        }
        try await queue.expectNothingLeft()
    }

    @Test(arguments: ["cancel", "delete", "reschedule", "retry"], [Exit.retry, .snooze])
    func operatorsLetAChainGoOn(_ call: String, _ exit: Exit) async throws {
        let queue = try await LuaQueue()
        try await queue.add(3, "a", lane: "chain=k")
        let worker = try await queue.worker("w", lease: .seconds(3600))
        #expect(try await worker.claim(5) == ["a0"])
        try await worker.cycle(0, settling: ["a0"], exit.outcome)
        #expect(try await worker.claim(5) == [])
        _ = try await queue.takeToken()
        let created = try await queue.call(FindJob(JobID(known: "a1")))?["score"]
        #expect(created != nil)
        _ = try await queue.fcall(call == "reschedule" ? [call, "60000", "a0"] : [call, "a0"])
        #expect(try await queue.members("chain=k") == 0)
        #expect(try await queue.takeToken())
        #expect(try await queue.audit() == [])
        if call == "retry" {
            #expect(try await worker.drain() == ["a0", "a1", "a2"])
        } else {
            #expect(try await worker.drain() == ["a1", "a2"])
        }
        if call == "reschedule" {
            // It has given its place up, and takes a new one when it is due.
            #expect(try await queue.key("place") == nil)
            #expect(try await queue.key("created") == "a0 = T+0")
            try await queue.advance(59)
            try await queue.add(1, "b", lane: "chain=k")
            try await queue.advance(1)
            #expect(try await worker.drain() == ["b0", "a0"])
        }
        try await queue.expectNothingLeft()
    }

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

    @Test(arguments: [Exit.discarded, .cancelled, .unavailable, .lastCrash])
    func onlyWhatIsDiscardedHolds(_ exit: Exit) async throws {
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
        let left = Set(try await queue.dump().keys).subtracting(["wake", "watch", "seq", "vtime", "beat"])
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

    /// Lanes that share a key have no order among them, but one job at a time.
    @Test func aKeyRunsOneAtATimeOverLanes() async throws {
        let queue = try await LuaQueue()
        let lanes = ["account=1&chain=k", "account=2&chain=k", "chain=k", "chain=k&host=x", "chain=k&tmdb"]
        for (index, lane) in lanes.enumerated() { try await queue.add(3, "\(index)-", lane: lane) }
        let worker = try await queue.worker("w", lease: .seconds(3600))
        var order: [String] = []
        while let id = try await worker.claim(5).first {
            #expect(try await queue.audit() == [])
            #expect(try await worker.claim(5) == [])
            if order.count % 3 == 0, !order.contains(id) {
                try await worker.cycle(0, settling: [id], .retry(after: .seconds(5), error: "1"))
                #expect(try await worker.claim(5) == [])
                try await queue.advance(5)
                // Whoever waits longer may come first now, and this one later, but no other of its lane.
                order.append(id)
            } else {
                try await worker.cycle(0, settling: [id])
                order.append(id)
            }
        }
        #expect(Set(order).count == 15)
        for index in lanes.indices {
            let own = order.filter { $0.hasPrefix("\(index)-") }
            #expect(own == own.sorted())
        }
        try await queue.expectNothingLeft()
    }

    /// A delayed job is not in the order before it is due, and holds up nobody.
    @Test func aDelayedJobTakesItsPlaceWhenItIsDue() async throws {
        let queue = try await LuaQueue()
        try await queue.add("late", options: #"{"lane":"chain=k","delay":5000}"#)
        try await queue.add("a", "b", "c", options: #"{"lane":"chain=k"}"#)
        let worker = try await queue.worker("w", lease: .seconds(3600))
        #expect(try await worker.claim(5) == ["a"])
        try await queue.advance(5)
        try await worker.cycle()
        try await queue.add("d", options: #"{"lane":"chain=k"}"#)
        try await queue.add("other", options: #"{"lane":"chain=kk"}"#)
        #expect(try await worker.drain() == ["other", "b", "c", "late", "d"])
        try await queue.expectNothingLeft()
    }

    @Test func chainsHaveNoLimitsAndNoPriorities() async throws {
        let queue = try await LuaQueue()
        for name in ["concurrency/chain", "rate/chain", "breaker/chain", "concurrency/chain=k", "weight/chain=k"] {
            let value = name.hasPrefix("rate") ? "1/1000" : name.hasPrefix("breaker") ? "1/1000/1000" : "2"
            try await queue.checkRefused(["declare", "1", name, value], "there is no limit on `chain`")
            try await queue.checkRefused(["override", name, value], "there is no limit on `chain`")
        }
        let refused = [
            #"{"lane":"chain=k","priority":4}"#, #"{"lane":"account=1&chain=k","priority":9}"#, #"{"hold":true}"#,
            #"{"lane":"account=1","hold":true}"#, #"{"lane":"x-chain=1","hold":true}"#,
        ]
        for options in refused {
            try await queue.checkRefused(["sluice_enqueue", "a", #"{"kind":"k"}"#, options], "invalidArgument: ")
            try await queue.checkRefused(["enqueue", "p", "1", "1", "a", #"{"kind":"k"}"#, "0", options], "invalidArgument: ")
        }
        try await queue.add("a", options: #"{"lane":"chain=k","priority":5}"#)
        try await queue.add("b", options: #"{"lane":"x-chain=k","priority":4}"#)
        // Limits that hold for single values leave chains as they are.
        try await queue.declare("concurrency/account=1", "2", "weight/account=1", "3")
        try await queue.add("c", "d", options: #"{"lane":"account=1&chain=k"}"#)
        #expect(try await queue.worker().claim(5).sorted() == ["b", "c"])
        #expect(try await queue.members("chain=k") == 1)
    }

    @Test func chainsByHand() async throws {
        let queue = try await LuaQueue()
        let specs = [
            #"{"kind":"k","chain":"order 7"}"#: "chain=order%207",
            #"{"kind":"k","chain":"","partitions":{"host":"x","account":"1"},"needs":["bank"]}"#: "account=1&bank&chain=&host=x",
            #"{"kind":"k","chain":"ü\u0000","chain_hold":true}"#: "chain=%C3%BC%00",
        ]
        for (spec, lane) in specs {
            _ = try await queue.fcall(["sluice_enqueue", lane.replacing("&", with: "+"), spec, ""])
            #expect(try await queue.redis("HGET", "lane", lane.replacing("&", with: "+")) == lane)
        }
        #expect(try await queue.key("hold") == "chain=%C3%BC%00 = 1")
        for (spec, part) in [
            (#"{"kind":"k","partitions":{"chain":"x"}}"#, "no partition"), (#"{"kind":"k","needs":["chain"]}"#, "no partition"),
            (#"{"kind":"k","needs":["chain?"],"chain":"x"}"#, "no partition"), (#"{"kind":"k","chain":7}"#, "a text"),
            (#"{"kind":"k","chain":null}"#, "a text"),
            (#"{"kind":"k","chain":"\#(String(repeating: "x", count: 65))"}"#, "64 bytes"),
        ] {
            try await queue.checkRefused(["sluice_enqueue", "x", spec, ""], part)
        }
        try await queue.checkRefused(["sluice_enqueue", "x", #"{"kind":"k","chain":"x"}"#, #"{"priority":3}"#], "no priority")
        #expect(try await queue.worker().claim(5).count == 3)
    }

    @Test func explainNamesWhoHoldsAChain() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", "b", "c", options: #"{"lane":"chain=k","hold":true}"#)
        let worker = try await queue.worker("w", lease: .seconds(3600))
        #expect(try await worker.claim(1) == ["a"])
        try await queue.setClock(100)
        let rest = [#"parked {"gate":"chain=k","lanes":1,"position":1}"#, #"position {"lane":"chain=k","of":2,"position":2}"#]
        #expect(
            try await queue.reasons("c")
                == [#"chain {"gate":"chain=k","holder":"a","since":T+0,"state":"executing","worker":"w"}"#] + rest)
        try await worker.cycle(0, settling: ["a"], .retry(after: .seconds(5), error: "1"))
        #expect(
            try await queue.reasons("c")
                == [#"chain {"due":T+5100,"gate":"chain=k","holder":"a","since":T+0,"state":"retryable","worker":"w"}"#] + rest)
        #expect(try await queue.reasons("a") == [#"scheduled {"due":T+5100,"state":"retryable"}"#])
        try await queue.setClock(5100)
        #expect(try await worker.claim(1) == ["a"])
        #expect(try await queue.key("run") == nil)
        try await worker.cycle(0, settling: ["a"], .snooze(.seconds(5)))
        #expect(
            try await queue.reasons("c")
                == [#"chain {"due":T+10100,"gate":"chain=k","holder":"a","since":T+5100,"state":"scheduled","worker":"w"}"#]
                + rest)
        try await queue.setClock(10_100)
        #expect(try await worker.claim(1) == ["a"])
        try await queue.setClock(10_200)
        try await worker.cycle(0, settling: ["a"], .discarded(error: "1"))
        #expect(
            try await queue.reasons("c")
                == [#"chain {"at":T+10200,"gate":"chain=k","holder":"a","since":T+10100,"state":"discarded","worker":"w"}"#]
                + rest)
        _ = try await queue.fcall(["delete", "a"])
        #expect(try await queue.reasons("b") == ["next {}"])
        // Chains are no limits, and are not listed among them; one that is asked for is told.
        #expect(try await worker.claim(1) == ["b"])
        #expect(try await queue.call(Limits()).gates.isEmpty)
        #expect(try await queue.gate("chain=k").members == 1)
    }
}
