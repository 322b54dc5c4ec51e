import SluiceCore
import SluiceStore
import Testing

/// How many may run at once: of the queue, and of each partition.
@Suite(.timeLimit(.minutes(10)))
struct GateTests {
    @Test func theQueueRunsSoManyAtOnceOverAllWorkers() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency", "3")
        try await queue.add(10, "a")
        let one = try await queue.worker("one")
        let two = try await queue.worker("two")
        #expect(try await one.claim(2) == ["a0", "a1"])
        #expect(try await two.claim(5) == ["a2"])
        #expect(try await one.claim(5) == [])
        #expect(try await two.cycle(5, settling: ["a2"]).jobs.map(\.id.text) == ["a3"])
        #expect(try await queue.call(Limits()).running == 3)
        #expect(try await queue.key("where") == nil)
        #expect(try await one.drain(2).count + two.drain(2).count + one.drain(2).count == 6)
        try await queue.expectNothingLeft()
    }

    @Test func eachValueOfAPartitionHasPlacesOfItsOwn() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "2")
        try await queue.add(5, "a", lane: "account=1")
        try await queue.add(5, "b", lane: "account=2")
        try await queue.add(5, "c", lane: "host=x")
        try await queue.add(5, "d")
        let worker = try await queue.worker()
        let ids = try await worker.claim(100)
        #expect(ids.sorted() == ["a0", "a1", "b0", "b1"] + (0..<5).map { "c\($0)" } + (0..<5).map { "d\($0)" })
        #expect(try await queue.key("gate:account=1") == "a0\na1")
        #expect(try await queue.key("gate:account=2") == "b0\nb1")
        #expect(try await queue.key("gate:host=x") == nil)
        #expect(try await queue.key("where") == "account=1 = account=1\naccount=2 = account=2")
        #expect(try await worker.drain().count == 6)
        try await queue.expectNothingLeft()
    }

    @Test func aClaimWritesDownWhoHoldsWhat() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "1", "concurrency/host", "5")
        try await queue.add("a", "b", options: #"{"lane":"account=1&host=x"}"#)
        _ = try await queue.worker()
        try await queue.check(
            ["cycle", "w", "1", "1", "9", "12000"],
            """
            = [[T+0, F+0, 1, 12000, 0, 1], [], [], [a], [{"kind":"k"}], [5/T+0.0], [], [], [], []]
            + config: fence = F+0
            + events: from=available to=executing ids=a worker=w
            + executing: a = F+0 w 1 T+0 5/T+0.0 account,host account=1&host=x
            + gate:account=1: a
            + gate:host=x: a
            + held:w: a
            - lanes: 0/T+0.0 account=1&host=x
            + lanes: 0/T+0.1 account=1&host=x
            + parked:account=1: 2814749767106620 account=1&host=x
            - ready: 2814749767106560 account=1&host=x
            + stats: started = 1
            + vtime: 0
            - wait:account=1&host=x: 5/T+0.0 a
            + watch: (expires)
            + watch: T+12000 w
            + where: account=1&host=x = account=1
            - worker:w: call = 0
            + worker:w: call = 1
            """)
    }

    @Test func aSettlementPassesThePlaceOnAndLeavesNothing() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "1")
        try await queue.add("a", "b", options: #"{"lane":"account=1"}"#)
        #expect(try await queue.worker().claim(9) == ["a"])
        let fence = try #require(try await queue.redis("HGET", "config", "fence"))
        try await queue.check(
            ["cycle", "w", "1", "2", "0", "12000", fence, "completed", "1", "0", "a"],
            """
            = [[T+0, 0, 0, -1, 0, 1], [], [], [], [], [], [], [], [], []]
            + completed: T+0 a
            + events: from=executing to=completed ids=a worker=w
            - executing: a = F+0 w 1 T+0 5/T+0.0 account account=1
            - gate:account=1: a
            - held:w: a
            - parked:account=1: 2814749767106620 account=1
            + ready: 2814749767106620 account=1
            + stats: completed = 1
            - watch: (expires)
            - watch: T+12000 w
            - where: account=1 = account=1
            - worker:w: call = 1
            + worker:w: call = 2
            """)
    }

    @Test func onePlaceMovesOneLane() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/host", "1")
        let jobs = (0..<150).map { NewJob(id: JobID(known: "j\($0)"), spec: Array("{}".utf8), lane: "host=x&n=\($0)") }
        _ = try await queue.call(Enqueue(producer: "p", number: 1, jobs: jobs))
        let worker = try await queue.worker()
        #expect(try await worker.claim(10) == ["j0"])
        #expect(try await queue.gate("host=x").lanes == 149)
        try await worker.cycle(0, settling: ["j0"])
        #expect(try await queue.gate("host=x").lanes == 148)
        #expect(try await worker.drain().sorted() == (1..<150).map { "j\($0)" }.sorted())
        try await queue.expectNothingLeft()
    }

    @Test(arguments: ["concurrency", "concurrency/account"])
    func shrinkingBelowWhatRunsClaimsNothingUntilItIsDrained(_ name: String) async throws {
        let queue = try await LuaQueue()
        try await queue.declare(name, "4")
        try await queue.add(20, "a", lane: "account=1")
        let worker = try await queue.worker()
        #expect(try await worker.claim(9).count == 4)
        try await queue.override(name, "2")
        #expect(try await worker.claim(9) == [])
        #expect(try await worker.cycle(9, settling: ["a0"]).jobs.count == 0)
        #expect(try await worker.cycle(9, settling: ["a1"]).jobs.count == 0)
        #expect(try await worker.cycle(9, settling: ["a2"]).jobs.map(\.id.text) == ["a4"])
        #expect(try await worker.cycle(9, settling: ["a3", "a4"]).jobs.map(\.id.text) == ["a5", "a6"])
        #expect(try await worker.drain().count == 13)
        try await queue.expectNothingLeft()
    }

    @Test func aRaisedLimitFreesParkedLanesAtOnce() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "1")
        for n in 0..<8 { try await queue.add(1, "j\(n)-", lane: "account=1&n=\(n)") }
        let worker = try await queue.worker()
        #expect(try await worker.claim(9) == ["j0-0"])
        #expect(try await queue.gate("account=1").lanes == 7)
        while try await queue.takeToken() {}
        try await queue.override("concurrency/account", "4")
        #expect(try await queue.takeToken())
        #expect(try await worker.claim(9) == ["j1-0", "j2-0", "j3-0"])
        #expect(try await queue.members("account=1") == 4)
        // One value alone.
        try await queue.override("concurrency/account=1", "6")
        #expect(try await worker.claim(9) == ["j4-0", "j5-0"])
        #expect(try await queue.audit() == [])
    }

    @Test func settlingAgainIsNothing() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "1")
        try await queue.add(3, "a", lane: "account=1")
        let worker = try await queue.worker("w", lease: .seconds(2))
        let other = try await queue.worker("other", lease: .seconds(3600))
        #expect(try await worker.claim(1) == ["a0"])
        let old = try #require(worker.running[JobID(known: "a0")])
        try await queue.advance(2)
        // The lease is over: another one runs it, and what the first says is no more heard.
        #expect(try await other.claim(1) == ["a0"])
        for outcome in [Settlement.Outcome.completed(result: nil), .release, .retry(after: .seconds(1), error: "1")] {
            worker.hold("a0", old)
            try await worker.resync()
            worker.hold("a0", old)
            #expect(try await worker.cycle(5, [(JobID(known: "a0"), outcome)]).refused.map(\.text) == ["a0"])
            #expect(try await queue.key("gate:account=1") == "a0")
        }
        try await other.cycle(0, settling: ["a0"])
        let before = try await queue.key("stats")
        #expect(try await other.cycle(0, settling: ["a0"]).refused.map(\.text) == ["a0"])
        #expect(try await queue.key("stats")?.replacing("refused = 4", with: "refused = 3") == before)
        #expect(try await other.drain() == ["a1", "a2"])
        try await queue.expectNothingLeft()
    }

    @Test func manyJobsWithNineGatesEachLeaveAtOnce() async throws {
        let queue = try await LuaQueue()
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"]
        let limits = names.flatMap { ["concurrency/" + $0, "1"] }
        #expect(try await queue.fcall(["declare", "1"] + limits) == "[taken, 1, 1]")
        let jobs = (0..<200).map { n in
            NewJob(
                id: JobID(known: "j\(n)"), spec: Array("{}".utf8), lane: names.map { "\($0)=\(n)" }.joined(separator: "&"))
        }
        _ = try await queue.call(Enqueue(producer: "p", number: 1, jobs: jobs))
        let worker = try await queue.worker()
        #expect(try await worker.claim(1000).count == 200)
        try await worker.cycle(0, settling: jobs.map(\.id.text))
        #expect(try await queue.status("completed") == 200)
        try await queue.expectNothingLeft()
    }

    /// A reply holds 4 MiB of specs. What was chosen and did not fit held no place in the end.
    @Test(arguments: ["concurrency/account", "rate/account", "breaker/account"])
    func whatDoesNotFitIntoAReplyStrandsNobody(_ name: String) async throws {
        let queue = try await LuaQueue()
        let values = ["concurrency": "1", "rate": "1/1000000", "breaker": "1/1000/1000"]
        try await queue.declare(name, try #require(values[String(name.prefix { $0 != "/" })]))
        let worker = try await queue.worker("w", lease: .seconds(3600))
        let big = #"{"kind":"\#(String(repeating: "k", count: 3 << 20))"}"#
        for account in 1...3 {
            try await queue.add(1, "\(account)-", lane: "account=\(account)", spec: big)
            try await queue.add(1, "\(account)-more", lane: "account=\(account)")
        }
        if name.hasPrefix("breaker") {
            for account in 1...3 {
                try await queue.redis("HSET", "breaker:account=\(account)", "opened", "1", "until", "2")
            }
        }
        for account in 1...3 {
            #expect(try await worker.claim(9) == ["\(account)-0"])
            #expect(try await queue.audit() == [])
        }
    }
}
