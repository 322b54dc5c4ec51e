import Foundation
import SluiceCore
import SluiceStore
import Testing

/// The places of jobs: which is next, and where one comes back.
@Suite(.timeLimit(.minutes(10)))
struct OrderTests {
    @Test func delayedJobsComeAtTheirTimeAndInItsOrder() async throws {
        let queue = try await LuaQueue()
        for (id, delay) in [("late", 3000), ("early", 1000), ("middle", 2000)] {
            try await queue.add(id, options: #"{"delay":\#(delay)}"#)
        }
        let worker = try await queue.worker()
        try await queue.advance(0.999)
        #expect(try await worker.claim(10) == [])
        try await queue.advance(0.001)
        #expect(try await worker.claim(10) == ["early"])
        try await queue.advance(5)
        #expect(try await worker.claim(10) == ["middle", "late"])
    }

    @Test func whatIsDueAtTheSameTimeComesInTheOrderOfItsEnqueue() async throws {
        let queue = try await LuaQueue()
        let at = queue.start + 10_000
        try await queue.add("z", "y", "x", options: #"{"at":\#(at)}"#)
        try await queue.advance(1)
        try await queue.add("w", "b", options: #"{"delay":9000}"#)
        try await queue.add("a", options: #"{"at":\#(at)}"#)
        try await queue.add("first", options: #"{"delay":1000}"#)
        let worker = try await queue.worker()
        try await queue.advance(9)
        #expect(try await worker.claim(10) == ["first", "z", "y", "x", "w", "b", "a"])
        #expect(try await queue.audit() == [])
    }

    @Test func manyThatAreDueAtTheSameTimeComeInTheOrderOfTheirEnqueue() async throws {
        let queue = try await LuaQueue()
        let names = (0..<1800).map { "j\(9999 - $0)" }
        for (number, first) in stride(from: 0, to: names.count, by: 900).enumerated() {
            let jobs = names[first..<first + 900].map {
                NewJob(
                    id: JobID(known: $0), spec: Array(#"{"kind":"k"}"#.utf8),
                    due: .at(Date(timeIntervalSince1970: Double(queue.start + 5000) / 1000)))
            }
            _ = try await queue.call(Enqueue(producer: "p", number: number + 1, jobs: jobs))
            try await queue.advance(1)
        }
        try await queue.advance(3)
        let worker = try await queue.worker()
        var came: [String] = []
        while came.count < names.count {
            let some = try await worker.claim(500)
            if some.isEmpty { break }
            came += some
        }
        #expect(came == names)
    }

    @Test func retriesThatAreDueAtTheSameTimeComeInTheOrderOfTheEnqueue() async throws {
        let queue = try await LuaQueue()
        try await queue.add("c", "b", "a")
        let worker = try await queue.worker()
        #expect(try await worker.claim(3) == ["c", "b", "a"])
        try await worker.cycle(0, settling: ["a", "b", "c"], .retry(after: .seconds(1), error: "1"))
        try await queue.advance(1)
        #expect(try await worker.claim(3) == ["c", "b", "a"])
    }

    @Test func retriesComeAtTheirTimeWithTheNextAttempt() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", "b")
        let worker = try await queue.worker()
        try await worker.cycle(2)
        try await worker.cycle(0, settling: ["a"], .retry(after: .seconds(2), error: "1"))
        try await worker.cycle(0, settling: ["b"], .retry(after: .seconds(1), error: "1"))
        try await queue.advance(0.999)
        #expect(try await worker.claim(10) == [])
        try await queue.advance(2)
        let jobs = try await worker.cycle(10).jobs
        #expect(jobs.map(\.id.text) == ["b", "a"])
        #expect(jobs.map(\.attempt) == [2, 2])
    }

    @Test func firstInFirstOutWithinAPriorityAndTheLowerNumberFirst() async throws {
        let queue = try await LuaQueue()
        try await queue.add(3, "p5-")
        try await queue.add(3, "p9-", priority: 9)
        try await queue.add(3, "p0-", priority: 0)
        let worker = try await queue.worker()
        #expect(try await worker.claim(4) == ["p0-0", "p0-1", "p0-2", "p5-0"])
        #expect(try await worker.claim(9) == ["p5-1", "p5-2", "p9-0", "p9-1", "p9-2"])
    }

    @Test func aPriorityAndALaneOutliveADelay() async throws {
        let queue = try await LuaQueue()
        try await queue.add("last", options: #"{"delay":1000,"priority":9,"lane":"h=x"}"#)
        try await queue.add("first", options: #"{"delay":1000,"priority":1}"#)
        try await queue.add("middle")
        let worker = try await queue.worker()
        try await queue.advance(1)
        #expect(try await worker.claim(3) == ["first", "middle", "last"])
        #expect(try await queue.key("executing")?.contains("h=x") == true)
    }

    @Test func theBetterClassComesFirstOverAllLanes() async throws {
        let queue = try await LuaQueue()
        try await queue.add(2, "x0-", priority: 0, lane: "h=x")
        try await queue.add(5, "x5-", priority: 5, lane: "h=x")
        try await queue.add(3, "y3-", priority: 3, lane: "h=y")
        let worker = try await queue.worker()
        #expect(try await worker.claim(6) == ["x0-0", "x0-1", "y3-0", "y3-1", "y3-2", "x5-0"])
        #expect(try await queue.audit() == [])
    }

    @Test(arguments: ["release", "wait", "reclaim", "resync"]) func returnsToItsOldPlace(_ how: String) async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", "b", "c")
        let worker = try await queue.worker()
        let other = try await queue.worker("v")
        #expect(try await worker.claim(2) == ["a", "b"])
        switch how {
        case "release": try await worker.cycle(0, settling: ["b"], .release)
        case "wait": try await worker.cycle(0, settling: ["b"], .wait(base: .seconds(1), cap: .seconds(9)))
        case "resync": try await ScriptedWorker("w", on: queue, session: 1).resync()
        default: try await queue.letDie(watchedBy: other)
        }
        try await queue.add("d")
        try await queue.advance(1)
        let jobs = try await other.cycle(9).jobs
        #expect(jobs.map(\.id.text).suffix(3) == ["b", "c", "d"])
        #expect(jobs.allSatisfy { $0.attempt == 1 })
        #expect(try await queue.key("place") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test(arguments: [Settlement.Outcome.retry(after: .seconds(1), error: "1"), .snooze(.seconds(1))])
    func takesANewPlace(_ outcome: Settlement.Outcome) async throws {
        let queue = try await LuaQueue()
        try await queue.add("a", "b")
        let worker = try await queue.worker()
        try await worker.cycle(1)
        try await worker.cycle(0, settling: ["a"], outcome)
        try await queue.advance(2)
        #expect(try await worker.claim(9) == ["b", "a"])
        #expect(try await queue.key("created") == "a = T+0")
    }

    @Test func waitsForADependencyDoubleUpToTheCap() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker()
        for wait in [1, 2, 4, 5, 5] {
            try await worker.cycle(1)
            try await worker.cycle(0, settling: ["a"], .wait(base: .seconds(1), cap: .seconds(5)))
            try await queue.advance(Double(wait) - 0.001)
            #expect(try await queue.state("a") == "scheduled")
            try await worker.cycle()
            #expect(try await queue.state("a") == "scheduled")
            try await queue.advance(0.001)
        }
        #expect(try await worker.claim(1) == ["a"])
    }

    @Test func aWaitThatSaysWhyIsToldUnlessItWasTheLastThingTold() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker()
        for why in [#""x""#, #""x""#, #""y""#, nil, #""x""#] {
            try await worker.cycle(1)
            try await worker.cycle(0, settling: ["a"], .wait(base: .seconds(1), cap: .seconds(1), error: why))
            try await queue.advance(1)
        }
        let told = try #require(try await queue.key("errors")).split(separator: "\n").compactMap {
            $0.split(separator: #""error":"#).last
        }
        #expect(told == [#""x"}"#, #""y"}"#, #""x"}"#])
        #expect(try await queue.key("attempts") == nil)
    }

    @Test func aReplyHoldsFourMebibytesOfSpecsOrOneJob() async throws {
        let queue = try await LuaQueue()
        let half = String(repeating: "x", count: 2 << 20)
        try await queue.add(3, "half", spec: half)
        try await queue.add(1, "big", spec: half + half + half)
        let worker = try await queue.worker()
        _ = try await queue.takeToken()
        #expect(try await worker.claim(10) == ["half0", "half1"])
        #expect(try await queue.takeToken())
        #expect(try await queue.audit() == [])
        #expect(try await worker.claim(10) == ["half2"])
        #expect(try await worker.claim(10) == ["big0"])
        #expect(try await queue.audit() == [])
    }
}
