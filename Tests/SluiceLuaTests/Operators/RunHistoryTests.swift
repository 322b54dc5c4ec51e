import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import Testing

/// The history of runs, by kind, in minutes and hours.
@Suite(.timeLimit(.minutes(10)))
struct RunHistoryTests {
    private static func rows(_ queue: LuaQueue, minutes: ClosedRange<Int>) async throws -> [HistoryRows.Row] {
        let minute = queue.start / 60_000
        return try await queue.call(HistoryRows(minute + minutes.lowerBound...minute + minutes.upperBound))
    }

    private static func hours(_ queue: LuaQueue, _ count: Int) async throws -> [HistoryRows.Row] {
        let hour = queue.start / 3_600_000
        return try await queue.call(HistoryRows(hour...hour + count, byHour: true))
    }

    /// The sums over rows, by kind.
    private static func sum(_ rows: [HistoryRows.Row]) -> [String: RunHistory] {
        rows.reduce(into: [:]) { sum, row in
            for (kind, text) in row.runs { sum[kind, default: RunHistory()].merge(RunHistory(packed: text)) }
        }
    }

    /// A run of 1 s after a wait of 100 ms.
    @Test func eachOutcomeIsCounted() async throws {
        let outcomes: [(Settlement.Outcome, String?)] = [
            (.completed(result: nil), "c1|40:1|27:1"), (.retry(after: .seconds(60), error: "1"), "r1|40:1|27:1"),
            (.discarded(error: "1"), "d1|40:1|27:1"), (.cancelled(error: "1"), "x1|40:1|27:1"),
            (.snooze(.seconds(60)), "z1|40:1|27:1"), (.release, nil), (.wait(base: .seconds(1), cap: .seconds(1)), nil),
            (.unavailable(dependency: "smtp", retryAfter: nil, maxWaits: nil, error: "1"), "u1|40:1|27:1"),
        ]
        for (outcome, expected) in outcomes {
            let queue = try await LuaQueue()
            try await queue.add("a")
            let worker = try await queue.worker()
            try await queue.advance(0.1)
            #expect(try await worker.claim(1) == ["a"])
            try await queue.advance(1)
            try await worker.cycle(0, settling: ["a"], outcome)
            #expect(try await Self.rows(queue, minutes: 0...0).first?.runs["k"] == expected, "\(outcome)")
        }
    }

    @Test func theRunsOfADeadWorkerAreLost() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker("w", lease: .seconds(2))
        let other = try await queue.worker("other", lease: .seconds(3600))
        #expect(try await worker.claim(1) == ["a"])
        try await queue.advance(2)
        #expect(try await other.claim(1) == ["a"])
        #expect(Self.sum(try await Self.rows(queue, minutes: 0...0))["k"]?.outcomes == [.lost: 1])
    }

    @Test func aRunThatWasToBeCancelledCountsAsCancelled() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker()
        #expect(try await worker.claim(1) == ["a"])
        _ = try await queue.fcall(["cancel", "a"])
        try await worker.cycle(0, settling: ["a"], .retry(after: .seconds(1), error: "1"))
        #expect(Self.sum(try await Self.rows(queue, minutes: 0...0))["k"]?.outcomes == [.cancelled: 1])
    }

    @Test func minutesAreKeptTwoDaysAndHoursThirty() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker("w", lease: .seconds(86_400))
        #expect(try await worker.claim(1) == ["a"])
        try await queue.advance(60)
        try await worker.cycle(0, settling: ["a"])
        let (minute, hour) = (queue.start / 60_000, queue.start / 3_600_000)
        #expect(try await queue.expiry("stats:\(minute)") == 60_000 + 2 * 86_400_000)
        #expect(try await queue.expiry("stats:h\(hour)") == 60_000 + 30 * 86_400_000)
        #expect(try await queue.expiry("stats") == nil)
    }

    /// Runs that cross minutes and hours, of several kinds, against sums that are kept here. Workers tell of them, or leave it to
    /// the library.
    @Test(arguments: [true, false])
    func minutesAndHoursAddUpToTheTotals(tells: Bool) async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker("w", lease: .seconds(86_400))
        worker.tellsRuns = tells
        var random = SplitMix(seed: 7)
        var (ran, started): ([String: DurationHistogram], [String: DurationHistogram]) = ([:], [:])
        var (now, number) = (0, 0)
        for _ in 0..<60 {
            let kind = ["mail", "a b", "100%", "\u{e9}"][Int.random(in: 0..<4, using: &random)]
            let spec = #"{"kind":"\#(kind)"}"#
            number += 1
            let ids = (0..<3).map { "j\(number)-\($0)" }
            let jobs = ids.map { NewJob(id: JobID(known: $0), spec: Array(spec.utf8)) }
            _ = try await queue.call(Enqueue(producer: "p", number: number, jobs: jobs))
            let (wait, run) = (Int.random(in: 0...90_000, using: &random), Int.random(in: 0...200_000, using: &random))
            try await queue.queues.advance(by: .milliseconds(wait))
            #expect(try await worker.claim(3) == ids)
            started[kind, default: DurationHistogram()].add(.milliseconds(wait), count: 3)
            try await queue.queues.advance(by: .milliseconds(run))
            try await worker.cycle(0, settling: ids)
            ran[kind, default: DurationHistogram()].add(.milliseconds(run), count: 3)
            now += wait + run
        }
        let minutes = try await Self.rows(queue, minutes: 0...now / 60_000 + 1)
        let hours = try await Self.hours(queue, now / 3_600_000 + 1)
        #expect(minutes.count > 60)
        for rows in [minutes, hours] {
            let sum = Self.sum(rows)
            #expect(sum.mapValues(\.durations) == ran)
            #expect(sum.mapValues(\.waits) == started)
            for name in ["enqueued", "started", "completed"] {
                #expect(rows.reduce(0) { $0 + $1.counts[name, default: 0] } == 180, "\(name)")
            }
        }
    }

    @Test func aboveFiftyKindsTheBusiestKeepTheirNames() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        for kind in 0..<60 {
            let jobs = (0...(kind >= 55 ? 1 : 0)).map {
                NewJob(id: JobID(known: "j\(kind)-\($0)"), spec: Array(#"{"kind":"k\#(kind)"}"#.utf8))
            }
            _ = try await queue.call(Enqueue(producer: "p", number: kind + 1, jobs: jobs))
        }
        try await worker.cycle(0, settling: try await worker.claim(100))
        try await queue.advance(60)
        try await queue.add("later")
        let row = try #require(try await Self.rows(queue, minutes: 0...0).first)
        #expect(row.runs.count == 51)
        #expect((55..<60).allSatisfy { row.runs["k\($0)"] == "c2|0:2|0:2" })
        #expect(row.runs[History.other] == "c10|0:10|0:10")
        #expect(Self.sum(try await Self.hours(queue, 0)).values.reduce(0) { $0 + $1.runs } == 65)
    }

    /// Three runs of which one is taken away before its worker tells of all.
    @Test func runsThatAreRefusedAreNotCounted() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", "b", "c")
        let worker = try await queue.worker("w", lease: .seconds(86_400))
        #expect(try await worker.claim(3) == ["a", "b", "c"])
        try await queue.advance(1)
        try await queue.redis("HSET", "executing", "b", "1 other 1 0 0 - ")
        #expect(try await worker.cycle(0, settling: ["a", "b", "c"]).refused.map(\.text) == ["b"])
        #expect(try await Self.rows(queue, minutes: 0...0).map(\.runs) == [["k": "c2|40:2|0:2"]])
    }

    /// What a worker tells has to be about its runs.
    @Test(arguments: [
        "", "0:k", "0:k 2", "0:k 1 0:k 1", "x:k 1", "129:k 1", "0:k 1 ", "0:k -1", "0:a b 1", "0:k 1 0:k 0",
        "0:" + String(repeating: "k", count: 385) + " 1",
    ])
    func whatMakesNoSenseOfARunIsRefused(_ told: String) async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker()
        #expect(try await worker.claim(1) == ["a"])
        let fence = try #require(worker.running[JobID(known: "a")]).description
        let before = try await queue.dump()
        let reply = try await queue.fcall(["cycle", "w", "1", "2", "0", "12000", fence, "completed", "1", "2", "a", told])
        #expect(reply.hasPrefix("invalidArgument: the runs must be"), "\(reply)")
        #expect(try await queue.dump() == before)
    }

    @Test func totalsOfBeforeAnUpgradeAreNoHistory() async throws {
        let queue = try await LuaQueue()
        try await queue.add(5, "a")
        try await queue.redis("HDEL", "config", "minute")
        try await queue.redis("DEL", "stats:before")
        try await queue.add(2, "b")
        #expect(try await Self.rows(queue, minutes: 0...0).map(\.counts) == [["enqueued": 2]])
    }
}
