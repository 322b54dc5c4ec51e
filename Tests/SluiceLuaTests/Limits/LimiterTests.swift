import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Places in time outside jobs.
@Suite(.timeLimit(.minutes(10)))
struct LimiterTests {
    @Test func whatIsStoredAndThatItExpires() async throws {
        let queue = try await LuaQueue("limiter.tmdb")
        try await queue.check(
            ["limiter", "x", "2", "1000", "30", "-1"],
            """
            = [1, 0]
            + slots: (expires)
            + slots: F+0
            + state: (expires)
            + state: at = F+0
            + state: count = 1
            + state: kept = 3
            + state: last = F+0
            + state: size = 1
            + state: terms = 2/1000/30
            """)
        #expect(try await queue.fcall(["limiter", "y", "2", "1000", "30", "-1"]) == "[1, 0]")
        try await queue.check(
            ["limiter", "z", "2", "1000", "30", "-1"],
            """
            = [1, 1030000]
            + ahead: (expires)
            + ahead: F+1030000 z
            + slots: F+1030000
            - state: last = F+0
            + state: last = F+1030000
            """)
        // Asked again, it is the same place; one that is refused takes nothing.
        try await queue.check(["limiter", "z", "2", "1000", "30", "-1"], "= [1, 1030000]")
        try await queue.check(["limiter", "w", "2", "1000", "30", "1029"], "= [0, 1030000]")
        try await queue.check(["limiter", "w", "2", "1000", "30", "0"], "= [0, 1030000]")
        let left = try #require(try await queue.expiry("slots"))
        #expect((60_000...62_060).contains(left))
    }

    @Test func aPlaceThatWasGivenBackGoesToTheNextWhoAsks() async throws {
        let queue = try await LuaQueue("limiter.tmdb")
        func take(_ id: String) async throws -> String { try await queue.fcall(["limiter", id, "1", "1000", "0", "-1"]) }
        for (index, id) in ["a", "b", "c", "d"].enumerated() { #expect(try await take(id) == "[1, \(index * 1_000_000)]") }
        #expect(try await queue.fcall(["limiter_return", "b"]) == "1")
        #expect(try await queue.fcall(["limiter_return", "b"]) == "0")
        // Its time has come, or it never was.
        #expect(try await queue.fcall(["limiter_return", "a"]) == "0")
        #expect(try await queue.fcall(["limiter_return", "none"]) == "0")
        #expect(try await take("e") == "[1, 1000000]")
        #expect(try await queue.fcall(["limiter_return", "b"]) == "0")
        #expect(try await take("f") == "[1, 4000000]")
        // Nobody asked in time.
        #expect(try await queue.fcall(["limiter_return", "c"]) == "1")
        try await queue.advance(2.5)
        #expect(try await take("g") == "[1, 2500000]")
        // Free by other terms is not free by these.
        #expect(try await queue.fcall(["limiter_return", "f"]) == "1")
        #expect(try await queue.fcall(["limiter", "h", "1", "2000", "0", "-1"]) == "[1, 4500000]")
    }

    /// Allowance, ms of the period, ms of the guard.
    @Test(arguments: [
        (1, 1000, 30), (3, 1000, 0), (20, 1000, 30), (100, 60_000, 1800), (1000, 1000, 1), (1500, 700, 21), (2003, 300, 9),
    ])
    func noWindowHoldsMoreThanTheAllowance(allowance: Int, period: Int, margin: Int) async throws {
        var random = SplitMix(seed: UInt64(allowance))
        let bucket = try await Bucket(allowance, period, margin)
        let rounds = max(60, allowance / 20)
        for _ in 0..<rounds {
            // Now a trickle, now a burst of more than there is.
            let burst = random.next() % 3 == 0 ? Int.random(in: 1...max(allowance / 4, 3), using: &random) : 1
            for _ in 0..<burst { try await bucket.take() }
            if random.next() % 5 == 0 { try await bucket.giveBackOne(&random) }
            try await bucket.advance(Int.random(in: 0...period * 150, using: &random))
        }
        bucket.expectStrict()
        let kept = try await bucket.queue.redis("LLEN", "slots").flatMap { Int($0) } ?? 0
        #expect(kept <= min(allowance, 1000) + 1)
    }

    @Test(arguments: [(1, 1000, 30), (20, 1000, 30), (1999, 1000, 10)])
    func whoeverWaitsGetsAllThatTheWindowAllows(allowance: Int, period: Int, margin: Int) async throws {
        let bucket = try await Bucket(allowance, period, margin)
        for _ in 0..<(4 * allowance) { try await bucket.take() }
        bucket.expectStrict()
        // Four windows' worth, the first at once, in three windows; a thousandth may be lost to groups.
        let last = try #require(bucket.places.max())
        #expect(last <= 3 * (period + margin) * 1000 + (allowance > 1000 ? (period + margin) * 1000 : 0))
        let within = bucket.places.count { $0 <= 3 * (period + margin) * 1000 }
        #expect(Double(within) >= 4 * Double(allowance) * 0.998)
    }

    @Test func otherTermsAreNoWayAroundTheLarger() async throws {
        var random = SplitMix(seed: 7)
        let bucket = try await Bucket(2500, 500, 0)
        for _ in 0..<300 {
            bucket.allowance = [10, 700, 2500, 1200][Int.random(in: 0..<4, using: &random)]
            for _ in 0..<Int.random(in: 1...60, using: &random) { try await bucket.take() }
            try await bucket.advance(Int.random(in: 0...60_000, using: &random))
        }
        bucket.allowance = 2500
        bucket.expectStrict()
    }

    @Test func aClockThatJumpsBackNeitherBlocksNorOpens() async throws {
        let queue = try await LuaQueue("limiter.tmdb")
        func take(_ id: Int) async throws -> String { try await queue.fcall(["limiter", "\(id)", "2", "1000", "0", "-1"]) }
        for (index, wait) in [0, 0, 1_000_000].enumerated() { #expect(try await take(index) == "[1, \(wait)]") }
        try await queue.advance(-3600)
        for (index, wait) in [1_000_000, 2_000_000, 2_000_000].enumerated() {
            #expect(try await take(10 + index) == "[1, \(wait)]")
        }
    }

    @Test func aCallThatMakesNoSenseChangesNothing() async throws {
        let queue = try await LuaQueue("limiter.tmdb")
        let refused = [
            ([], "id must be"), (["x", "0", "1", "0", "-1"], "allowance must be"),
            (["x", "1000000001", "1", "0", "-1"], "allowance must be"),
            (["x", "1", "0", "0", "-1"], "period must be"), (["x", "1", "2678400001", "0", "-1"], "period must be"),
            (["x", "1", "10", "11", "-1"], "guard must be"), (["x", "1", "10", "-1", "-1"], "guard must be"),
            (["x", "1", "10", "0"], "patience must be"), (["x", "1", "10", "0", "-2"], "patience must be"),
        ]
        for (words, message) in refused { try await queue.checkRefused(["limiter"] + words, message) }
        try await queue.checkRefused(["limiter_return", "a b"], "id must be")
        #expect(try await queue.fcall(["limiter", "x", "1", "1", "0", "-1"], key: "x:{tmdb}").contains("the call needs one key"))
    }
}

/// One rate limiter, and every place it gave that was not given back, in µs from the start.
private final class Bucket {
    let queue: LuaQueue
    var allowance: Int
    private let period: Int
    private let margin: Int
    private(set) var places: [Int] = []
    private var ids: [String] = []
    private var now = 0
    private var count = 0

    init(_ allowance: Int, _ period: Int, _ margin: Int) async throws {
        queue = try await LuaQueue("limiter.tmdb")
        (self.allowance, self.period, self.margin) = (allowance, period, margin)
    }

    func take() async throws {
        count += 1
        let call = TakePlace(
            id: "\(count)", allowance: allowance, period: .milliseconds(period), margin: .milliseconds(margin), patience: nil)
        guard case .taken(let wait) = try await queue.queues.store.call(call, limiter: "tmdb") else {
            Issue.record("refused")
            return
        }
        let (seconds, attoseconds) = wait.components
        places.append(now + Int(seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
        ids.append(call.id)
    }

    func giveBackOne(_ random: inout SplitMix) async throws {
        let index = Int.random(in: places.indices, using: &random)
        if try await queue.queues.store.call(ReturnPlace(id: ids[index]), limiter: "tmdb") {
            places.remove(at: index)
            ids.remove(at: index)
        }
    }

    func advance(_ micros: Int) async throws {
        now += micros
        try await queue.queues.advance(by: .microseconds(micros))
    }

    func expectStrict(sourceLocation: SourceLocation = #_sourceLocation) {
        let sorted = places.sorted()
        let span = (period + margin) * 1000
        let tight = sorted.indices.dropFirst(allowance).filter { sorted[$0] - sorted[$0 - allowance] < span }
        #expect(tight.isEmpty, "\(tight.count) of \(sorted.count) windows hold more", sourceLocation: sourceLocation)
    }
}
