import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Limits of a dimension that come and go while jobs run.
@Suite(.timeLimit(.minutes(10)))
struct DimensionTests {
    @Test func whoRunsIsFoundBeforeANewLimitHolds() async throws {
        let queue = try await LuaQueue()
        try await queue.add(20, "a", lane: "account=1&host=x")
        try await queue.add(5, "b", lane: "account=2")
        let worker = try await queue.worker()
        #expect(try await worker.claim(8).count == 8)
        #expect(try await worker.cycle(16, settling: ["a7"]).jobs.map(\.id.text).filter { $0.hasPrefix("b") }.count == 5)
        let first = worker.running.count
        try await queue.declare("concurrency/account", "3", deploy: 2)
        #expect(try await queue.members("account=1") == first - 5)
        #expect(try await queue.members("account=2") == 5)
        #expect(try await queue.audit() == [])
        #expect(try await worker.claim(20) == [])
        try await worker.cycle(0, settling: worker.running.keys.map(\.text))
        #expect(try await worker.claim(20).count == min(3, 20 - (first - 5) - 1))
        try await worker.drain()
        try await queue.expectNothingLeft()
    }

    @Test func aLargeQueueIsGoneThroughInSteps() async throws {
        let queue = try await LuaQueue()
        for batch in 0..<4 { try await queue.add(1000, "a\(batch)-", lane: "account=\(batch % 2)") }
        let worker = try await queue.worker()
        for _ in 0..<3 { _ = try await worker.claim(1000) }
        #expect(worker.running.count == 3000)
        while try await queue.takeToken() {}
        try await queue.declare("concurrency/account", "2", deploy: 2)
        var steps = 0
        while try await queue.call(Limits()).isMigrating, steps < 50 {
            #expect(try await queue.takeToken())
            // Until all are found nothing is held up, and who comes now is counted as well.
            let count = try await worker.claim(10).count
            let isOver = try await !queue.call(Limits()).isMigrating
            #expect(count == 10 || isOver)
            steps += 1
        }
        #expect((1..<20).contains(steps))
        #expect(try await queue.members("account=0") + queue.members("account=1") == worker.running.count)
        #expect(try await worker.claim(10) == [])
        #expect(try await queue.audit() == [])
        let all = worker.running.keys.map(\.text).sorted()
        for from in stride(from: 0, to: all.count, by: 1000) {
            try await worker.cycle(0, settling: Array(all[from..<min(from + 1000, all.count)]))
        }
        #expect(try await worker.claim(10).count == 4)
        while try await worker.drain() != [] {}
        try await queue.expectNothingLeft()
    }

    @Test func aLimitThatIsGoneLetsItsLanesGo() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "1", "concurrency/host", "2")
        for n in 0..<30 { try await queue.add(1, "j\(n)-", lane: "account=1&host=x&n=\(n)") }
        let worker = try await queue.worker()
        #expect(try await worker.claim(50).count == 1)
        #expect(try await queue.gate("account=1").lanes == 29)
        while try await queue.takeToken() {}
        try await queue.declare("concurrency/host", "2", deploy: 2)
        #expect(try await queue.takeToken())
        #expect(try await queue.key("parked:account=1") == nil)
        #expect(try await worker.claim(50).count == 1)
        #expect(try await queue.gate("host=x").lanes == 28)
        try await queue.declare(deploy: 3)
        #expect(try await worker.claim(50).count == 28)
        // They leave what they came in by.
        #expect(try await queue.members("host=x") == 2)
        #expect(try await queue.audit() == [])
        try await worker.drain()
        try await queue.expectNothingLeft()
    }

    @Test func aLimitThatIsTakenAwayAndComesBackKnowsEverybody() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "2")
        try await queue.add(20, "a", lane: "account=1")
        let worker = try await queue.worker()
        #expect(try await worker.claim(20) == ["a0", "a1"])
        try await queue.declare(deploy: 2)
        #expect(try await worker.claim(3) == ["a2", "a3", "a4"])
        try await worker.cycle(0, settling: ["a0"])
        try await queue.declare("concurrency/account", "3", deploy: 3)
        #expect(try await queue.key("gate:account=1") == "a1\na2\na3\na4")
        #expect(try await worker.claim(20) == [])
        #expect(try await worker.cycle(20, settling: ["a2", "a3"]).jobs.map(\.id.text) == ["a5"])
        #expect(try await queue.audit() == [])
        try await worker.drain()
        try await queue.expectNothingLeft()
    }

    @Test func aRateOrABreakerAloneIsAGateToo() async throws {
        let queue = try await LuaQueue()
        try await queue.add(9, "a", lane: "host=x")
        let worker = try await queue.worker()
        #expect(try await worker.claim(2).count == 2)
        try await queue.declare("rate/host", "3/60000", deploy: 2)
        // What started before was not counted.
        #expect(try await worker.claim(9).count == 3)
        try await queue.declare("breaker/host", "1/1000/60000", deploy: 3)
        try await worker.cycle(
            0, settling: ["a0"], .unavailable(dependency: "host", retryAfter: nil, maxWaits: nil, error: "1"))
        #expect(try await worker.claim(9) == [])
        #expect(try await queue.gate("host=x").breaker == .open)
        try await queue.declare(deploy: 4)
        #expect(try await worker.claim(9).count == 4)
        try await worker.drain()
        try await queue.advance(1)
        try await worker.drain()
        try await queue.expectNothingLeft()
    }

    /// Limits that come and go while jobs do, in any order: nothing leaks, and in the end all have run.
    @Test(arguments: 0..<6) func anyOrderLeaksNothing(_ seed: UInt64) async throws {
        let queue = try await LuaQueue()
        var random = SplitMix(seed: 100 + seed)
        let names = ["concurrency", "concurrency/account", "concurrency/host", "concurrency/account=1", "concurrency/tmdb"]
        let lanes = ["", "account=1", "account=1&host=x", "account=2&host=x&tmdb", "host=y&tmdb?", "tmdb"]
        let worker = try await queue.worker("w", lease: .seconds(3600))
        for step in 0..<80 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0, 1:
                try await queue.add(
                    Int.random(in: 1...9, using: &random), "s\(step)-", lane: lanes.randomElement(using: &random) ?? "")
            case 2:
                let some = names.filter { _ in Bool.random(using: &random) }
                let pairs = some.flatMap { [$0, String(Int.random(in: 1...4, using: &random))] }
                _ = try await queue.fcall(["declare", String(step + 1)] + pairs)
            case 3:
                try await queue.override(names.randomElement(using: &random) ?? "", Bool.random(using: &random) ? "none" : "2")
            case 4: _ = try await queue.fcall(["restore", names.randomElement(using: &random) ?? ""])
            case 5: _ = try await queue.fcall(["switch", "tmdb", Bool.random(using: &random) ? "off" : "on"])
            default:
                let settled = worker.running.keys.sorted().filter { _ in Bool.random(using: &random) }.map(\.text)
                try await worker.cycle(Int.random(in: 0...6, using: &random), settling: settled)
            }
            let wrong = try await queue.audit()
            #expect(wrong == [], "step \(step)")
            if wrong != [] { return }
        }
        for name in names { _ = try await queue.fcall(["restore", name]) }
        _ = try await queue.fcall(["switch", "tmdb", "on"])
        while try await worker.drain() != [] {}
        #expect(try await queue.status("completed") == queue.status("total_enqueued"))
        try await queue.expectNothingLeft()
    }

    /// On a server of its own, because so many keys slow others down.
    @Test func aHundredThousandLanesLeaveNothingBehind() async throws {
        let server = try await RedisTestServer.start()
        try await server.useVirtualClock()
        let queue = try await LuaQueue(in: TestNamespace(on: server, clock: .virtual))
        try await queue.declare("concurrency/account", "1", "concurrency/host", "400")
        _ = try await queue.fcall(["configure", "completed", "0 0"])
        let worker = try await queue.worker("w", lease: .seconds(3600))
        try await queue.add(1, "first", lane: "account=first&host=0")
        try await worker.drain()
        let before = try await queue.dump()
        for batch in 0..<100 {
            let jobs = (0..<1000).map { n in
                NewJob(id: JobID(known: "\(batch)-\(n)"), spec: Array("{}".utf8), lane: "account=\(batch)-\(n)&host=\(n % 4)")
            }
            _ = try await queue.call(Enqueue(producer: "p", number: batch + 1, jobs: jobs))
        }
        #expect(try await queue.status("lanes") == 100_000)
        #expect(try await worker.drain().count == 100_000)
        let after = try await queue.dump()
        let transient = ["calls"]
        let left = after.keys.filter { key in before[key] == nil && !transient.contains { key.hasPrefix($0) } }
        #expect(left == [])
        let fields = try await queue.redis("HLEN", "config")
        #expect(fields == before["config"].map { "\($0.split(separator: "\n").count)" })
        #expect(try await queue.audit() == [])
    }
}
