import SluiceCore
import SluiceStore
import Testing

/// Death of workers, and what only looks like it.
@Suite(.timeLimit(.minutes(10)))
struct LeaseTests {
    /// A queue whose worker `w` runs `a`, and a second worker that watches.
    private func twoWorkers() async throws -> (queue: LuaQueue, running: ScriptedWorker, watching: ScriptedWorker) {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let running = try await queue.worker("w")
        try await running.cycle(1)
        return (queue, running, try await queue.worker("v"))
    }

    @Test func aBeatKeepsWhatRuns() async throws {
        let (queue, running, watching) = try await twoWorkers()
        for _ in 1...10 {
            try await queue.advance(15)
            try await running.cycle()
            try await watching.cycle()
        }
        #expect(try await queue.state("a") == "executing")
        #expect(try await running.cycle(0, settling: ["a"]).refused == [])
    }

    @Test func aLeaseThatEndedGivesTheJobAwayAndFencesItsFormerHolder() async throws {
        let (queue, running, watching) = try await twoWorkers()
        try await queue.letDie(watchedBy: watching)
        #expect(try await watching.claim(1) == ["a"])
        #expect(try await running.cycle(1, settling: ["a"]).refused.map(\.text) == ["a"])
        #expect(try await queue.call(ListWorkers()).map(\.worker.text) == ["v"])
        let fences = try #require(watching.running[JobID(known: "a")])
        #expect(fences > Fence(UInt64(queue.start) * 1000))
        #expect(try await queue.audit() == [])
    }

    @Test func afterASilenceLeasesLastFiveSecondsMoreOnce() async throws {
        let (queue, _, watching) = try await twoWorkers()
        try await queue.advance(31)
        try await watching.cycle()
        #expect(try await queue.key("workers") == "T+36000 w\nT+61000 v")
        #expect(try await queue.state("a") == "executing")
        // Another silence: this call takes nothing back, but gives no more grace either.
        try await queue.advance(21)
        try await watching.cycle()
        #expect(try await queue.key("workers") == "T+36000 w\nT+82000 v")
        #expect(try await queue.state("a") == "executing")
        try await watching.cycle()
        #expect(try await queue.state("a") == "available")
        #expect(try await queue.key("graced") == nil)
    }

    @Test func whoComesBackInTheGraceKeepsWhatItRuns() async throws {
        let (queue, running, watching) = try await twoWorkers()
        for end in ["T+36000 w", "T+71000 w"] {
            try await queue.advance(31)
            try await watching.cycle()
            #expect(try await queue.key("workers")?.contains(end) == true)
            try await queue.advance(4)
            try await running.cycle()
        }
        #expect(try await queue.state("a") == "executing")
        #expect(try await running.cycle(0, settling: ["a"]).refused == [])
    }

    @Test func aClockThatJumpsBackKillsNobodyAndOrderStays() async throws {
        let (queue, running, watching) = try await twoWorkers()
        try await queue.add("b")
        let before = try #require(running.running[JobID(known: "a")])
        try await queue.advance(-3600)
        try await watching.cycle()
        #expect(try await queue.key("workers") == "T-3570000 v\nT-3570000 w")
        try await queue.add("c")
        let jobs = try await watching.cycle(2).jobs
        #expect(jobs.map(\.id.text) == ["b", "c"])
        #expect(jobs.allSatisfy { $0.fence > before })
        #expect(try await running.cycle(0, settling: ["a"]).refused == [])
        // The leases of before would have lasted an hour more.
        try await queue.advance(16)
        try await running.cycle()
        try await queue.advance(15)
        try await running.cycle()
        #expect(try await queue.call(ListWorkers()).map(\.worker.text) == ["w"])
        #expect(try await queue.audit() == [])
    }

    @Test func twoHundredJobsAreTakenBackInACall() async throws {
        let queue = try await LuaQueue()
        try await queue.add(250, "j")
        try await queue.worker("w").cycle(150)
        try await queue.worker("x").cycle(100)
        let watching = try await queue.worker("v")
        for _ in 1...2 {
            try await queue.advance(15)
            try await watching.cycle()
        }
        #expect(try await queue.status("executing") == 50)
        #expect(try await queue.call(ListWorkers()).count == 2)
        try await watching.cycle()
        #expect(try await queue.status("executing") == 0)
        #expect(try await queue.call(ListWorkers()).map(\.worker.text) == ["v"])
        #expect(try await watching.claim(250) == (0..<250).map { "j\($0)" })
    }
}

extension LuaQueue {
    /// Lets time pass until the leases of all but `worker` have ended and been noticed; 31 s.
    func letDie(watchedBy worker: ScriptedWorker) async throws {
        try await advance(16)
        try await worker.cycle()
        try await advance(15)
        try await worker.cycle()
    }
}
