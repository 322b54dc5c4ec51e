import SluiceCore
import SluiceStore
import Testing

/// Jobs that have not ended by their deadline, wherever they wait.
@Suite(.timeLimit(.minutes(10)))
struct DeadlineTests {
    /// Where a job may wait.
    enum Wait: String, CaseIterable, Sendable {
        case available, parked, paused, scheduled, retryable, suspended, elsewhere
    }

    /// Puts `a` in, with a deadline in 20 s, so that it waits there.
    private func put(_ wait: Wait, _ queue: LuaQueue, _ worker: ScriptedWorker) async throws {
        switch wait {
        case .available: try await queue.add("a", options: #"{"deadline":20000}"#)
        case .parked:
            try await queue.declare("concurrency/h", "1")
            try await queue.add("holder", options: #"{"lane":"h=x"}"#)
            try await queue.add("a", options: #"{"lane":"h=x","deadline":20000}"#)
            #expect(try await worker.claim(2) == ["holder"])
            #expect(try await queue.whereIs("h=x") == "h=x")
        case .paused:
            _ = try await queue.fcall(["pause", "why not"])
            try await queue.add("a", options: #"{"deadline":20000}"#)
        case .scheduled: try await queue.add("a", options: #"{"deadline":20000,"delay":60000}"#)
        case .retryable:
            try await queue.add("a", options: #"{"deadline":20000}"#)
            _ = try await queue.end("a", worker, .retry(after: .seconds(60), error: #""first""#))
        case .suspended, .elsewhere:
            try await queue.add("p", options: #"{"delay":60000}"#)
            try await queue.follow("a", after: "p", more: #""deadline":20000"# + (wait == .elsewhere ? #","target":"web""# : ""))
        }
    }

    @Test(arguments: Wait.allCases) func itEndsWhereverItWaits(_ wait: Wait) async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker("w", lease: .seconds(3600))
        try await put(wait, queue, worker)
        let state = try await queue.state("a")
        #expect(state == (wait == .parked || wait == .paused ? "available" : wait == .elsewhere ? "suspended" : wait.rawValue))
        #expect(try await queue.key("deadlines") == "T+20000 a")
        #expect(try await queue.reasons("a").last == #"deadline {"at":T+20000}"#)
        #expect(try await queue.audit() == [])
        try await queue.advance(19.999)
        try await worker.cycle()
        #expect(try await queue.state("a") == state)
        try await queue.advance(0.001)
        try await worker.cycle()
        #expect(try await queue.state("a") == "cancelled")
        let errors = try #require(try await queue.call(FindJob(JobID(known: "a")))?["errors"])
        #expect(errors.hasSuffix(#""error":"its deadline has passed"}"#))
        #expect(errors.contains("first") == (wait == .retryable))
        #expect(try await queue.key("deadlines") == nil)
        #expect(try await queue.redis("ZSCORE", "timed", "@deadlines") == nil)
        #expect(try await queue.audit() == [])
        if wait == .parked {
            _ = try await worker.drain()
            try await queue.expectNothingLeft()
        }
    }

    @Test(arguments: [false, true]) func somebodyIdleComesInTime(_ isPaused: Bool) async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker("w", lease: .seconds(3600))
        if isPaused { _ = try await queue.fcall(["pause"]) }
        try await worker.cycle(1)
        _ = try await queue.takeToken()
        try await queue.add("a", options: #"{"deadline":5000,"delay":60000}"#)
        // The watcher would come too late.
        #expect(try await queue.takeToken())
        #expect(try await worker.cycle(1).come == .seconds(5))
    }

    @Test func aWorkerThatIsFullOfItComesInTime() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker("w", lease: .seconds(3600))
        try await queue.add("a", options: #"{"deadline":5000}"#)
        #expect(try await worker.cycle(1).come == .seconds(5))
        try await queue.advance(5)
        let told = try await worker.cycle()
        #expect(told.cancel.map(\.text) == ["a"] && told.come == .seconds(5))
    }

    @Test func aTimeStandsAndOneThatIsPastEndsTheJobAtOnce() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("a", options: #"{"deadline_at":\#(queue.start + 4000)}"#)
        try await queue.add("past", options: #"{"deadline_at":\#(queue.start - 4000)}"#)
        #expect(try await worker.claim(5) == ["a"])
        #expect(try await queue.state("past") == "cancelled")
        #expect(try await queue.key("deadlines") == "T+4000 a")
        #expect(try await queue.audit() == [])
    }

    @Test func manyEndOverSeveralCalls() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker("w", lease: .seconds(3600))
        for start in [0, 250] {
            let jobs = (start..<start + 250).flatMap { ["j\($0)", #"{"kind":"k"}"#, #"{"deadline":5000,"delay":60000}"#] }
            _ = try await queue.fcall(["sluice_enqueue"] + jobs)
        }
        try await queue.advance(5)
        var left: [Int?] = []
        for _ in 0..<3 {
            let come = try await worker.cycle(1).come
            left.append(try await queue.status("scheduled"))
            if left.count < 3 { #expect(come == .zero) }
        }
        #expect(left == [300, 100, 0])
        #expect(try await queue.status("cancelled") == 500)
        #expect(try await queue.audit() == [])
    }

    @Test func anEndWithinTimeLeavesNothing() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("a", options: #"{"deadline":5000}"#)
        try await queue.add("gone", options: #"{"deadline":5000}"#)
        _ = try await queue.end("a", worker)
        #expect(try await queue.fcall(["delete", "gone"]) == "[gone, deleted]")
        #expect(try await queue.key("deadlines") == nil)
        #expect(try await queue.key("deadline") == "a = T+5000")
        // Nor does the next job of that id have it.
        _ = try await queue.fcall(["delete", "a"])
        #expect(try await queue.key("deadline") == nil)
        try await queue.add("a")
        try await queue.advance(6)
        try await worker.cycle()
        #expect(try await queue.state("a") == "available")
        #expect(try await queue.audit() == [])
    }

    @Test func anOperatorsRetryLiftsIt() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("a", options: #"{"deadline":5000}"#)
        try await queue.advance(5)
        try await worker.cycle()
        #expect(try await queue.fcall(["retry", "a"]) == "[a, available]")
        #expect(try await queue.key("deadline") == nil)
        try await queue.advance(5)
        #expect(try await worker.claim(1) == ["a"])
        #expect(try await queue.audit() == [])
    }

    @Test func aJobOnItsWayEndsInItsOwnQueue() async throws {
        let films = try await LuaQueue("films")
        let web = try await films.other("web")
        let worker = try await films.worker("w", lease: .seconds(3600))
        try await films.add("p")
        try await films.follow("a", after: "p", more: #""target":"web","deadline":20000"#)
        try await films.advance(15)
        let messages = try await films.end("p", worker)
        try await films.advance(5)
        // Nobody knows here whether it has arrived.
        try await worker.cycle()
        #expect(try await films.state("a") == "suspended")
        #expect(try await films.key("deadlines") == "T+25000 a")
        #expect(try await films.audit() == [])
        #expect(try await films.deliver(films.moved(messages), to: web) == 1)
        #expect(try await web.key("deadlines") == "T+20000 a")
        try await films.acknowledge(messages)
        #expect(try await films.key("deadlines") == nil)
        _ = try await web.worker().cycle()
        #expect(try await web.state("a") == "cancelled")
        #expect(try await films.audit() == [])
        #expect(try await web.audit() == [])
    }

    @Test func anEqualJobThatReplacesItBringsItsOwn() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        func unique(_ id: String, _ conflict: String, _ options: String = "") async throws -> String {
            try await queue.unique(id, "key", #""conflict":"\#(conflict)""#, options: options)
        }
        _ = try await unique("a", "keep", #""deadline":5000"#)
        #expect(try await unique("b", "again", #""deadline":9000"#) == "[exists a]")
        #expect(try await queue.key("deadlines") == "T+5000 a")
        #expect(try await unique("c", "replace", #""deadline":7000"#) == "[replaced a]")
        #expect(try await queue.key("deadlines") == "T+7000 a")
        #expect(try await unique("d", "replace") == "[replaced a]")
        #expect(try await queue.key("deadlines") == nil)
        // While it runs, the deadline waits with the rest of what it is to run again with.
        #expect(try await worker.claim(1) == ["a"])
        #expect(try await unique("e", "replace", #""deadline":8000"#) == "[next a]")
        #expect(try await queue.key("deadlines") == nil)
        try await queue.advance(1)
        _ = try await worker.cycle(0, settling: ["a"], .release)
        #expect(try await queue.key("deadlines") == "T+8000 a")
        #expect(try await worker.claim(1) == ["a"])
        #expect(try await unique("f", "again", #""deadline":3000"#) == "[next a]")
        _ = try await worker.cycle(0, settling: ["a"])
        #expect(try await queue.key("deadlines") == "T+4000 f")
        #expect(try await queue.audit() == [])
    }

    @Test func aClockThatGoesBackGivesMoreTime() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker("w", lease: .seconds(3600))
        try await queue.add("a", options: #"{"deadline":5000}"#)
        try await queue.advance(4)
        try await worker.cycle()
        try await queue.advance(-3)
        try await worker.cycle()
        #expect(try await queue.state("a") == "available")
        #expect(try await queue.redis("ZSCORE", "timed", "@deadlines") == "\(queue.start + 5000)")
        #expect(try await queue.audit() == [])
        try await queue.advance(4)
        try await worker.cycle()
        #expect(try await queue.state("a") == "cancelled")
    }

    @Test func itsFollowersAreTold() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("a", options: #"{"deadline":5000,"delay":60000}"#)
        try await queue.follow("undo", after: "a", "compensate")
        try await queue.follow("next", after: "a")
        try await queue.advance(5)
        try await worker.cycle()
        #expect(try await queue.state("undo") == "available")
        #expect(try await queue.state("next") == "cancelled")
        #expect(try await queue.audit() == [])
    }

    @Test func refusesNonsense() async throws {
        let queue = try await LuaQueue()
        for deadline in ["0", "-1", "1.5", #""soon""#, "1e14"] {
            try await queue.checkRefused(
                ["sluice_enqueue", "a", #"{"kind":"k"}"#, #"{"deadline":\#(deadline)}"#], "deadline must be a whole number")
        }
        try await queue.checkRefused(
            ["sluice_enqueue", "a", #"{"kind":"k"}"#, #"{"deadline_at":-1}"#], "deadline_at must be a whole number")
    }
}
