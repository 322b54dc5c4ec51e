import SluiceCore
import SluiceStore
import Testing

/// How long ended jobs are kept, and what is left when all work is done.
@Suite(.timeLimit(.minutes(10)))
struct RetentionTests {
    private static let outcomes: [(state: String, outcome: Settlement.Outcome)] = [
        ("completed", .completed(result: nil)), ("cancelled", .cancelled(error: #""e""#)),
        ("discarded", .discarded(error: #""e""#)),
    ]

    @Test(arguments: outcomes.indices) func theOldestGoWhenThereAreTooMany(_ index: Int) async throws {
        let (state, outcome) = Self.outcomes[index]
        let queue = try await LuaQueue()
        _ = try await queue.fcall(["configure", state, "3 3600000"])
        try await queue.add(5, "j", lane: "h=x")
        let worker = try await queue.worker()
        for id in try await worker.claim(5) {
            try await worker.cycle(0, settling: [id], outcome)
            try await queue.advance(0.001)
        }
        #expect(try await queue.key(state) == "T+2 j2\nT+3 j3\nT+4 j4")
        #expect(try await queue.key("spec")?.split(separator: "\n").count == 3)
        #expect(try await queue.status("total_removed") == 2)
        #expect(try await queue.audit() == [])
    }

    @Test(arguments: outcomes.indices) func whatIsTooOldGoes(_ index: Int) async throws {
        let (state, outcome) = Self.outcomes[index]
        let queue = try await LuaQueue()
        _ = try await queue.fcall(["configure", state, "100 10000"])
        try await queue.add("a")
        let worker = try await queue.worker()
        try await worker.cycle(1)
        try await worker.cycle(0, settling: ["a"], outcome)
        try await queue.advance(10)
        try await worker.cycle()
        #expect(try await queue.state("a") == state)
        try await queue.advance(5)
        try await worker.cycle()
        #expect(try await queue.state("a") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test func aLoweredCountIsAppliedInTime() async throws {
        let queue = try await LuaQueue()
        try await queue.add(5, "j")
        let worker = try await queue.worker()
        try await worker.cycle(5)
        try await worker.cycle(0, settling: (0..<5).map { "j\($0)" })
        _ = try await queue.fcall(["configure", "completed", "2 3600000"])
        try await queue.advance(5)
        try await worker.cycle()
        #expect(try await queue.status("completed") == 2)
    }

    @Test func completedJobsAreKeptByTheThousandAndTheHour() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        for batch in 0..<3 {
            try await queue.add(400, "b\(batch)-")
            try await worker.cycle(0, settling: worker.claim(400))
            try await queue.advance(1)
        }
        #expect(try await queue.status("completed") == 1000)
        #expect(try await queue.state("b0-0") == nil)
        #expect(try await queue.state("b1-0") == "completed")
        try await queue.advance(3600)
        try await worker.cycle()
        #expect(try await queue.status("completed") == 0)
        #expect(try await queue.key("spec") == nil)
    }

    @Test func aJobThatIsGoneCanBeEnqueuedAnewButNotByARepeatedCall() async throws {
        let queue = try await LuaQueue()
        _ = try await queue.fcall(["configure", "completed", "0 0"])
        let call = Enqueue(producer: "p", number: 1, jobs: [NewJob(id: JobID(known: "a"), spec: Array("{}".utf8))])
        let worker = try await queue.worker()
        #expect(try await queue.call(call).existing == [])
        try await worker.cycle(0, settling: worker.claim(1))
        #expect(try await queue.call(call).existing == [])
        #expect(try await worker.claim(1) == [])
        var next = call
        next.number = 2
        #expect(try await queue.call(next).existing == [])
        #expect(try await worker.claim(1) == ["a"])
    }

    @Test func errorsOfManyAttemptsAreTheLastTen() async throws {
        let queue = try await LuaQueue()
        try await queue.add("a")
        let worker = try await queue.worker()
        for attempt in 1...12 {
            try await worker.cycle(1)
            try await worker.cycle(0, settling: ["a"], .retry(after: .milliseconds(1), error: "\(attempt)"))
            try await queue.advance(0.001)
        }
        let errors = try #require(try await queue.call(FindJob(JobID(known: "a")))?["errors"]).split(separator: "\n")
        #expect(errors.count == 10)
        #expect(errors.first?.contains(#""attempt":3,"#) == true)
        #expect(errors.last?.contains(#""error":12}"#) == true)
    }

    @Test func aDrainedQueueHoldsNoLaneNoWorkerAndNoJob() async throws {
        let queue = try await LuaQueue()
        for state in ["completed", "cancelled", "discarded"] { _ = try await queue.fcall(["configure", state, "0 0"]) }
        try await queue.add(20, "x", priority: 2, lane: "h=x")
        try await queue.add(20, "y", lane: "h=y")
        try await queue.add("later", options: #"{"delay":1000}"#)
        let worker = try await queue.worker()
        let outcomes: [Settlement.Outcome] = [
            .completed(result: nil), .retry(after: .seconds(1), error: "1"), .snooze(.seconds(1)), .release,
            .wait(base: .seconds(1), cap: .seconds(1)), .cancelled(error: "1"), .discarded(error: "1"),
        ]
        for round in 0..<6 {
            let ids = try await worker.cycle(50).jobs.map(\.id)
            let settled = ids.enumerated().map {
                ($0.element, round < 4 ? outcomes[($0.offset + round) % outcomes.count] : outcomes[0])
            }
            try await worker.cycle(0, settled)
            try await queue.advance(1)
        }
        #expect(try await worker.leave())
        _ = try await queue.takeToken()
        let lasting: Set = [
            "beat", "calls", "config", "events", "stats", "stats:runs", "vtime",
        ]
        #expect(Set(try await queue.dump().keys) == lasting)
        #expect(try await queue.audit() == [])
    }
}
