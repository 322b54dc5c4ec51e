import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Thousands of claims at random moments, and every window of them.
@Suite(.timeLimit(.minutes(10)))
struct RateWindowTests {
    /// A claim of one job, in ms from the start of the clock.
    private struct Claims {
        var times: [Int] = []

        /// The most that lie in any window `period` long, its end not included.
        func most(in period: Int) -> Int {
            var most = 0
            var first = 0
            for (last, time) in times.enumerated() {
                while times[first] <= time - period { first += 1 }
                most = max(most, last - first + 1)
            }
            return most
        }
    }

    private static let allowance = 100
    /// Long enough for a slow machine: keys expire by the real clock.
    private static let period = 120_000

    /// The claims of two workers while the clock moves by random steps, with jobs that come in bursts or are always there.
    private func run(_ queue: LuaQueue, lanes: [String], until end: Int, bursts: Bool, seed: UInt64) async throws -> Claims {
        var random = SplitMix(seed: seed)
        let workers = [
            try await queue.worker("one", lease: .seconds(86_400)), try await queue.worker("two", lease: .seconds(86_400)),
        ]
        var claims = Claims()
        var now = 0
        var batch = 0
        while now < end {
            now += bursts && Int.random(in: 0..<50, using: &random) == 0 ? 240_000 : Int.random(in: 1...2400, using: &random)
            try await queue.setClock(now)
            let isDry = bursts ? Int.random(in: 0..<15, using: &random) == 0 : claims.times.count + 2000 > batch * 500
            if isDry {
                batch += 1
                let count = bursts ? Int.random(in: 1...200, using: &random) : 500
                try await queue.add(count, "b\(batch)-", lane: lanes[batch % lanes.count])
            }
            let worker = workers[Int.random(in: 0...1, using: &random)]
            let demand = bursts ? Int.random(in: 1...120, using: &random) : 1000
            let reply = try await worker.cycle(demand, settling: worker.running.keys.map(\.text))
            claims.times += reply.jobs.map { _ in now }
        }
        return claims
    }

    private static let cases: [(name: String, lanes: [String])] = [
        ("rate", ["", "host=x", "host=y"]), ("rate/host", ["host=x"]), ("rate/host", ["host=x&n=1", "host=x&n=2", "host=x"]),
        ("rate/tmdb", ["tmdb", "n=1&tmdb"]),
    ]

    @Test(arguments: 0..<4) func neverMoreThanTheAllowanceInAnyWindow(_ number: Int) async throws {
        let queue = try await LuaQueue()
        let (name, lanes) = Self.cases[number]
        try await queue.declare(name, "\(Self.allowance)/\(Self.period)")
        let claims = try await run(queue, lanes: lanes, until: 10 * Self.period, bursts: true, seed: UInt64(number))
        #expect(claims.times.count > 300)
        #expect(claims.most(in: Self.period) <= Self.allowance)
        // The guard as well, by which a window is wider than was asked for.
        #expect(claims.most(in: Self.period + Self.period * 3 / 100) <= Self.allowance)
        #expect(try await queue.audit() == [])
    }

    @Test(arguments: 0..<4) func almostAllOfItIsUsedWhileThereIsWork(_ number: Int) async throws {
        let queue = try await LuaQueue()
        let (name, lanes) = Self.cases[number]
        try await queue.declare(name, "\(Self.allowance)/\(Self.period)")
        let claims = try await run(queue, lanes: lanes, until: 8 * Self.period, bursts: false, seed: UInt64(number))
        #expect(claims.most(in: Self.period) <= Self.allowance)
        let possible = Double(8 * Self.allowance)
        #expect(Double(claims.times.count) >= 0.95 * possible)
    }

    @Test func keepsAtMostAThousandEntries() async throws {
        let queue = try await LuaQueue()
        let period = 121_999
        try await queue.declare("rate/host", "5000/\(period)")
        for batch in 0..<5 { try await queue.add(1000, "b\(batch)-", lane: "host=x") }
        let worker = try await queue.worker("w", lease: .seconds(86_400))
        var most = 0
        // A little more than a window and its guard, in steps of a thousandth.
        for step in 0..<1050 {
            try await queue.setClock(step * 122)
            #expect(try await worker.claim(4).count == 4)
            if step % 50 == 0 || step > 1030 { most = max(most, Int(try await queue.redis("LLEN", "rate:host=x") ?? "") ?? 0) }
        }
        #expect((900...1002).contains(most), "\(most)")
    }

    @Test func keepsNoMoreEntriesThanClaims() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("rate/host", "10/120000")
        try await queue.add(100, "a", lane: "host=x")
        let worker = try await queue.worker("w", lease: .seconds(86_400))
        for step in 0..<60 {
            try await queue.setClock(step * 9000)
            try await worker.cycle(1, settling: worker.running.keys.map(\.text))
            #expect(Int(try await queue.redis("LLEN", "rate:host=x") ?? "") ?? 0 <= 12)
        }
    }
}
