import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Permits outside jobs, call by call.
@Suite(.timeLimit(.minutes(10)))
struct SemaphoreTests {
    @Test func permitsAreGivenInOrderUpToTheLimit() async throws {
        let gpu = try await LuaQueue("semaphore.gpu")
        try await gpu.check(
            ["semaphore", "a", "2", "30000", "acquire", "a.1", "acquire", "a.2", "acquire", "a.3"],
            """
            = [15000, [0, 0, 0], [a.1, F+3, a.2, F+4]]
            + fence: (expires)
            + fence: F+4
            + leases: (expires)
            + leases: a.1 = 30000 F+3
            + leases: a.2 = 30000 F+4
            + leases: a.3 = 30000 0
            + permits: (expires)
            + permits: T+30000 a.1
            + permits: T+30000 a.2
            + queue: (expires)
            + queue: F+2 a.3
            + state: (expires)
            + state: beat = T+0
            + state: least = 30000
            + state: limit = 2
            + state: most = 30000
            + waiting: (expires)
            + waiting: T+30000 a.3
            """)
        #expect(try await gpu.fcall(["semaphore", "b", "2", "30000", "acquire", "b.1"]) == "[15000, [0], []]")
        // What the caller's own waiters got is in the reply, what others got in their lists.
        try await gpu.check(
            ["semaphore", "a", "2", "30000", "release", "a.1", "release", "a.2"],
            """
            = [-1, [F+3, F+4], [a.3, F+6]]
            - fence: F+5
            + fence: F+7
            + grants:b: (expires)
            + grants:b: b.1 F+7
            - leases: a.1 = 30000 F+3
            - leases: a.2 = 30000 F+4
            - leases: a.3 = 30000 0
            + leases: a.3 = 30000 F+6
            - leases: b.1 = 30000 0
            + leases: b.1 = 30000 F+7
            - permits: T+30000 a.1
            - permits: T+30000 a.2
            + permits: T+30000 a.3
            + permits: T+30000 b.1
            - queue: (expires)
            - queue: F+2 a.3
            - queue: F+5 b.1
            - waiting: (expires)
            - waiting: T+30000 a.3
            - waiting: T+30000 b.1
            """)
    }

    @Test func atRestNothingIsLeftButTheFenceForAMinute() async throws {
        let gpu = try await LuaQueue("semaphore.gpu")
        _ = try await gpu.fcall(["semaphore", "a", "1", "30000", "acquire", "a.1", "acquire", "a.2"])
        _ = try await gpu.fcall(["semaphore", "a", "1", "30000", "release", "a.1", "release", "a.2"])
        #expect(try await gpu.dump() == ["fence": "(expires)\nF+2"])
        // The clock of another server may be behind: fences still rise.
        try await gpu.advance(-5)
        let third = try await gpu.fcall(["semaphore", "a", "1", "30000", "acquire", "a.3"])
        let fence = try #require(third.wholeMatch(of: /\[-1, \[0\], \[a\.3, F\+(\d+)\]\]/)?.output.1)
        #expect(try #require(Int(fence)) > 3)
        let left = try #require(try await gpu.expiry("fence"))
        #expect(left > 3_600_000)
        _ = try await gpu.fcall(["semaphore", "a", "1", "30000", "release", "a.3"])
        let rest = try #require(try await gpu.expiry("fence"))
        #expect((1...60_000).contains(rest))
    }

    @Test func eachCallMayBeRepeated() async throws {
        let gpu = try await LuaQueue("semaphore.gpu")
        let calls = [
            ["acquire", "a.1", "acquire", "a.2", "acquire", "a.2"], ["keep", "a.1", "keep", "a.2"],
            ["release", "a.1"], ["release", "a.2", "release", "a.1"],
        ]
        let replies = [
            ("[15000, [0, 0, 0], [a.1, F+2]]", "[15000, [F+2, 0, 0], []]"),
            ("[15000, [F+2, 0], []]", "[15000, [F+2, 0], []]"),
            ("[-1, [F+2], [a.2, F+3]]", "[-1, [-1], []]"),
            ("[-1, [F+3, -1], []]", "[-1, [-1, -1], []]"),
        ]
        for (call, expected) in zip(calls, replies) {
            let words = ["semaphore", "a", "1", "30000"] + call
            #expect(try await gpu.fcall(words) == expected.0, "\(call)")
            let after = try await gpu.dump()
            #expect(try await gpu.fcall(words) == expected.1, "\(call)")
            #expect(try await gpu.dump() == after, "\(call)")
        }
    }

    @Test func aHolderThatIsSilentLosesItsPermitWhenSomebodyWaits() async throws {
        let gpu = try await Gate(limit: 1)
        #expect(try await gpu.acquire("a.1") != nil)
        for _ in 0..<4 {
            try await gpu.queue.advance(10)
            #expect(try await gpu.call("c") == "[-1, [], []]")
        }
        // Ended, but nobody waits: it is still its own.
        #expect(try await gpu.call("a", "keep", "a.1") == "[-1, [F+1], []]")
        #expect(try await gpu.acquire("b.1") == nil)
        for _ in 0..<2 {
            try await gpu.queue.advance(10)
            #expect(try await gpu.call("b", "keep", "b.1").hasSuffix(" [0], []]"))
        }
        // The waiter is told to come exactly when the lease ends.
        #expect(try await gpu.call("b") == "[10000, [], []]")
        try await gpu.queue.advance(9.999)
        #expect(try await gpu.call("b", "keep", "b.1") == "[1, [0], []]")
        try await gpu.queue.advance(0.001)
        #expect(try await gpu.call("b") == "[-1, [], [b.1, F+70000000]]")
        #expect(try await gpu.call("a", "keep", "a.1") == "[-1, [-1], []]")
        #expect(try await gpu.call("a", "release", "a.1") == "[-1, [-1], []]")
        #expect(try await gpu.queue.key("permits") == "(expires)\nT+100000 b.1")
    }

    @Test func aWaiterThatIsSilentIsPassedOver() async throws {
        let gpu = try await Gate(limit: 1)
        _ = try await gpu.acquire("a.1")
        #expect(try await gpu.acquire("b.1") == nil)
        #expect(try await gpu.acquire("c.1") == nil)
        for _ in 0..<3 {
            try await gpu.queue.advance(10)
            _ = try await gpu.call("a", "keep", "a.1")
            if try await gpu.call("c", "keep", "c.1") != "[15000, [0], []]" { Issue.record("c lost its place") }
        }
        #expect(try await gpu.call("a", "release", "a.1").hasPrefix("[-1, [F+"))
        #expect(try await gpu.queue.key("grants:b") == nil)
        #expect(try await gpu.queue.key("grants:c")?.contains("c.1 F+") == true)
        // It can ask again.
        #expect(try await gpu.call("b", "keep", "b.1") == "[-1, [-1], []]")
        #expect(try await gpu.acquire("b.1") == nil)
    }

    @Test func afterASilenceEverybodyHasFiveSecondsOnce() async throws {
        let gpu = try await Gate(limit: 1)
        _ = try await gpu.acquire("a.1")
        _ = try await gpu.acquire("b.1")
        try await gpu.queue.advance(40)
        #expect(try await gpu.call("b", "keep", "b.1") == "[5001, [0], []]")
        try await gpu.queue.advance(4)
        #expect(try await gpu.call("a", "keep", "a.1") == "[15000, [F+1], []]")
        // The same once more; but who is silent twice has been forgiven.
        try await gpu.queue.advance(40)
        #expect(try await gpu.call("b", "keep", "b.1") == "[5001, [0], []]")
        try await gpu.queue.advance(30)
        #expect(try await gpu.call("b", "keep", "b.1") == "[-1, [0], [b.1, F+114000000]]")
    }

    @Test func whatEndedBeforeASilenceIsNotForgiven() async throws {
        let gpu = try await Gate(limit: 1)
        _ = try await gpu.acquire("a.1")
        for _ in 0..<4 {
            try await gpu.queue.advance(10)
            _ = try await gpu.call("c")
        }
        try await gpu.queue.advance(60)
        #expect(try await gpu.acquire("b.1") != nil)
    }

    @Test func aClockThatJumpsBackKeepsLeasesShort() async throws {
        let gpu = try await Gate(limit: 1)
        _ = try await gpu.acquire("a.1")
        _ = try await gpu.acquire("b.1")
        try await gpu.queue.advance(-3600)
        #expect(try await gpu.call("b", "keep", "b.1") == "[15000, [0], []]")
        #expect(try await gpu.queue.key("permits") == "(expires)\nT-3570000 a.1")
        for _ in 0..<2 {
            try await gpu.queue.advance(15)
            _ = try await gpu.call("b", "keep", "b.1")
        }
        // Above the fences that were given out, which are far ahead of the clock.
        let standing = try await gpu.call("b", "keep", "b.1").wholeMatch(of: /\[-1, \[F\+(\d+)\], \[\]\]/)?.output.1
        #expect(try #require(standing.flatMap { Int($0) }) > 2)
    }

    @Test func theLimitOfWhoAskedLastCounts() async throws {
        let gpu = try await LuaQueue("semaphore.gpu")
        func call(_ limit: Int, _ verbs: String...) async throws -> String {
            try await gpu.fcall(["semaphore", "a", "\(limit)", "30000"] + verbs)
        }
        #expect(try await call(1, "acquire", "a.1", "acquire", "a.2", "acquire", "a.3") == "[15000, [0, 0, 0], [a.1, F+3]]")
        // Renewing changes no limit.
        #expect(try await call(9, "keep", "a.1") == "[15000, [F+3], []]")
        #expect(try await call(4, "acquire", "a.4") == "[-1, [0], [a.2, F+5, a.3, F+6, a.4, F+7]]")
        #expect(try await call(2, "acquire", "a.5") == "[15000, [0], []]")
        #expect(try await call(2, "release", "a.1") == "[15000, [F+3], []]")
        #expect(try await call(2, "release", "a.2") == "[15000, [F+5], []]")
        #expect(try await call(2, "release", "a.3") == "[-1, [F+6], [a.5, F+9]]")
    }

    @Test func thousandsAreServedInSteps() async throws {
        let gpu = try await LuaQueue("semaphore.gpu")
        func acquire(_ limit: Int, _ numbers: Range<Int>) async throws -> PermitCall.Reply {
            let wishes = numbers.map { PermitCall.Wish(.acquire, PermitID("a.\($0)")) }
            let call = PermitCall(client: "a", limit: limit, lease: .seconds(30), wishes: wishes)
            return try await gpu.queues.store.call(call, semaphore: "gpu")
        }
        var granted: [PermitID: Fence] = [:]
        for first in stride(from: 0, to: 3500, by: 1000) {
            granted.merge(try await acquire(1, first..<min(first + 1000, 3500)).granted) { $1 }
        }
        #expect(granted.count == 1)
        var calls = 0
        var reply = try await acquire(5000, 3500..<3501)
        while reply.come == .zero, calls < 10 {
            calls += 1
            granted.merge(reply.granted) { $1 }
            reply = try await acquire(5000, 0..<0)
        }
        granted.merge(reply.granted) { $1 }
        #expect(calls == 3)
        #expect(granted.count == 3501)
        let order = granted.sorted { $0.value < $1.value }.map(\.key.text)
        #expect(order == (0...3500).map { "a.\($0)" })
        // All dead at once, after a silence: they are forgiven in steps, and taken away in steps.
        try await gpu.advance(31)
        calls = 0
        repeat {
            calls += 1
            reply = try await acquire(5000, 3501..<3502)
        } while reply.come == .zero && calls < 10
        #expect(calls == 4)
        #expect(reply.granted.count == 1)
        #expect(try await gpu.redis("ZCOUNT", "permits", "-inf", "\(gpu.start + 31000)") == "0")
    }

    @Test func aCallThatMakesNoSenseChangesNothing() async throws {
        let gpu = try await LuaQueue("semaphore.gpu")
        let refused = [
            ([], "client must be"), (["a b", "1", "1000"], "client must be"), (["a", "0", "1000"], "limit must be"),
            (["a", "1000001", "1000"], "limit must be"), (["a", "1.5", "1000"], "limit must be"),
            (["a", "1", "999"], "lease must be"), (["a", "1", "86400001"], "lease must be"),
            (["a", "1", "1000", "acquire"], "pairs of verb and id"), (["a", "1", "1000", "take", "a.1"], "a verb must be"),
            (["a", "1", "1000", "acquire", ""], "id must be"),
            (["a", "1", "1000"] + (0...1000).flatMap { ["acquire", "a.\($0)"] }, "at most 1000"),
        ]
        for (words, message) in refused { try await gpu.checkRefused(["semaphore"] + words, message) }
        for key in ["{gpu}", "x:{gpu}", "x:{limiter.gpu}", "x:{semaphore.}", "x:{semaphore.a b}", "semaphore.gpu"] {
            #expect(try await gpu.fcall(["semaphore", "a", "1", "1000"], key: key).contains("the call needs one key"), "\(key)")
        }
        #expect(try await gpu.queues.store.queues() == [])
    }
}

/// A semaphore and clients named by the letters before the dot of their ids.
private struct Gate {
    let queue: LuaQueue
    let limit: Int

    init(limit: Int) async throws {
        queue = try await LuaQueue("semaphore.gpu")
        self.limit = limit
    }

    func call(_ client: String, _ verbs: String...) async throws -> String {
        try await queue.fcall(["semaphore", client, "\(limit)", "30000"] + verbs)
    }

    /// The fence, if it is granted at once.
    func acquire(_ id: String) async throws -> Fence? {
        let client = String(id.prefix(while: { $0 != "." }))
        let wishes = [PermitCall.Wish(.acquire, PermitID(id))]
        let call = PermitCall(client: client, limit: limit, lease: .seconds(30), wishes: wishes)
        return try await queue.queues.store.call(call, semaphore: "gpu").granted[PermitID(id)]
    }
}
