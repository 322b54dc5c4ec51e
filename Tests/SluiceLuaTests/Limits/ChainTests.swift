import SluiceCore
import SluiceStore
import Testing

/// Jobs of a chain run one at a time, in their order, whatever happens to them.
@Suite(.timeLimit(.minutes(10)))
struct ChainTests {
    private static let lane = "account=1&chain=k"

    @Test(arguments: ChainExit.allCases) func nothingOvertakesAJob(_ exit: ChainExit) async throws {
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

    private func leave(_ exit: ChainExit, _ worker: ScriptedWorker, _ other: ScriptedWorker, _ queue: LuaQueue) async throws {
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
        for exit in [ChainExit.retry, .snooze, .wait, .release, .retry, .unavailable] {
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

    /// In a chain or not: what was taken out of the order comes last when it is retried.
    @Test(arguments: ["chain=k", "account=1"]) func whatWasCancelledWhileItKeptItsPlaceHasLostIt(_ lane: String) async throws {
        let queue = try await LuaQueue()
        try await queue.add(3, "a", lane: lane)
        let worker = try await queue.worker("w", lease: .seconds(3600))
        #expect(try await worker.claim(1) == ["a0"])
        try await worker.cycle(0, settling: ["a0"], ChainExit.wait.outcome)
        for call in ["cancel", "retry"] { _ = try await queue.fcall([call, "a0"]) }
        #expect(try await queue.key("place") == nil)
        #expect(try await worker.drain() == ["a1", "a2", "a0"])
        try await queue.expectNothingLeft()
    }

    @Test(arguments: ["cancel", "delete", "reschedule", "retry"], [ChainExit.retry, .snooze])
    func operatorsLetAChainGoOn(_ call: String, _ exit: ChainExit) async throws {
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
}
