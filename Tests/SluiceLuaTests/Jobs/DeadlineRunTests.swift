import SluiceCore
import SluiceStore
import Testing

/// Jobs that run when their deadline comes, and what runs enqueue.
@Suite(.timeLimit(.minutes(10)))
struct DeadlineRunTests {
    /// A queue in which `a` runs, whose deadline has come: its worker was told.
    private func told() async throws -> (queue: LuaQueue, worker: ScriptedWorker) {
        let queue = try await LuaQueue()
        let worker = try await queue.worker("w", lease: .seconds(30))
        try await queue.add("a", options: #"{"deadline":5000}"#)
        #expect(try await worker.claim(1) == ["a"])
        try await queue.advance(5)
        let reply = try await worker.cycle()
        #expect(reply.cancel.map(\.text) == ["a"])
        #expect(try await queue.state("a") == "executing")
        #expect(try await queue.key("deadlines") == "T+10000 a")
        #expect(try await queue.audit() == [])
        return (queue, worker)
    }

    private func why(_ queue: LuaQueue) async throws -> String {
        try await queue.call(FindJob(JobID(known: "a")))?["errors"] ?? ""
    }

    @Test func aRunThatCompletesAllTheSameHasCompleted() async throws {
        let (queue, worker) = try await told()
        _ = try await queue.end("a", worker)
        #expect(try await queue.state("a") == "completed")
        #expect(try await why(queue) == "")
        #expect(try await queue.key("deadlines") == nil)
        #expect(try await queue.audit() == [])
    }

    private static let bad: [Settlement.Outcome] = [
        .retry(after: .seconds(1), error: #""e""#), .snooze(.seconds(1)), .release, .wait(base: .seconds(1), cap: .seconds(1)),
        .cancelled(error: #""stopped""#), .cancelled(error: ""), .poll(AdaptivePolling(), name: "k"),
    ]

    @Test(arguments: bad.indices) func noneRunsAgain(_ index: Int) async throws {
        let (queue, worker) = try await told()
        try await queue.advance(5)
        #expect(try await worker.cycle().cancel.map(\.text) == ["a"])
        #expect(try await queue.key("deadlines") == "T+15000 a")
        _ = try await queue.end("a", worker, Self.bad[index])
        #expect(try await queue.state("a") == "cancelled")
        let errors = try await why(queue)
        #expect(errors.hasSuffix(#""error":"its deadline has passed"}"#))
        #expect(errors.split(separator: "\n").filter { $0.contains("deadline") }.count == 1)
        #expect(errors.contains("stopped") == (index == 4))
        #expect(try await queue.key("deadlines") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test func oneThatIsDiscardedMeanwhileIsDiscarded() async throws {
        let (queue, worker) = try await told()
        _ = try await queue.end("a", worker, .discarded(error: #""e""#))
        #expect(try await queue.state("a") == "discarded")
        #expect(try await queue.key("deadlines") == nil)
        #expect(try await queue.audit() == [])
    }

    /// The worker that was told dies, or dies before anybody could tell it.
    @Test(arguments: [true, false]) func aWorkerThatDiesDoesNotSaveIt(_ wasTold: Bool) async throws {
        let queue = try await LuaQueue()
        let survivor = try await queue.worker("survivor", lease: .seconds(3600))
        try await queue.add("a", options: #"{"deadline":5000}"#)
        #expect(try await queue.worker("dying", lease: .seconds(wasTold ? 10 : 2)).claim(1) == ["a"])
        for _ in 0..<12 {
            try await queue.advance(1)
            try await survivor.cycle()
        }
        #expect(try await queue.state("a") == "cancelled")
        #expect(try await why(queue).contains("its deadline has passed"))
        #expect(try await queue.key("deadlines") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test func aRunThatItsWorkerHasLostEnds() async throws {
        let (queue, worker) = try await told()
        worker.forget(JobID(known: "a"))
        try await worker.resync()
        #expect(try await queue.state("a") == "cancelled")
        #expect(try await why(queue).contains("its deadline has passed"))
        #expect(try await queue.audit() == [])
    }

    @Test func whoWasCancelledBeforeItIsNotToldOfIt() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("a", options: #"{"deadline":5000}"#)
        _ = try await worker.claim(1)
        _ = try await queue.fcall(["cancel", "a"])
        _ = try await queue.end("a", worker, .release)
        #expect(try await queue.state("a") == "cancelled")
        #expect(try await why(queue).hasSuffix(#""cancelled while it ran"}"#))
    }

    @Test func whatARunEnqueuesHasItsOwn() async throws {
        let queue = try await LuaQueue()
        let away = try await queue.other("away")
        let worker = try await queue.worker()
        try await queue.add("a")
        _ = try await worker.claim(1)
        try await queue.advance(3)
        var committed = CommittedJobs()
        for (id, place) in [("b", queue.name), ("c", away.name)] {
            var job = NewJob(id: JobID(known: id), spec: Array(#"{"kind":"k"}"#.utf8), lane: "h=1")
            job.deadline = .seconds(10)
            committed.append(job, to: place, of: queue.name)
        }
        let messages = try await worker.cycle(settling: JobID(known: "a"), .completed(result: nil), committing: committed)
            .messages
        #expect(try await queue.key("deadlines") == "T+13000 b\nT+13000 c")
        try await queue.advance(2)
        #expect(try await queue.deliver(queue.moved(messages), to: away) == 1)
        try await queue.acknowledge(messages)
        #expect(try await queue.key("deadlines") == "T+13000 b")
        #expect(try await away.key("deadlines") == "T+13000 c")
        #expect(try await away.call(FindJob(JobID(known: "c")))?["lane"] == "h=1")
        #expect(try await queue.audit() == [])
        #expect(try await away.audit() == [])
    }

    @Test func theJobOfATickHasItsOwn() async throws {
        let queue = try await LuaQueue()
        try await queue.put("e", LuaQueue.entry(#","options":{"deadline":30000}"#))
        try await queue.advance(70)
        try await queue.fire(expected: 60, following: 120, [60])
        #expect(try await queue.key("deadlines") == "T+100000 " + queue.tickID(60))
        try await queue.advance(30)
        _ = try await queue.worker().cycle()
        #expect(try await queue.state(queue.tickID(60)) == "cancelled")
        #expect(try await queue.audit() == [])
    }

    @Test func jobsOfACallMayShareIt() async throws {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        let jobs = (0..<3).map { number in
            var job = NewJob(id: JobID(known: "j\(number)"), spec: Array(#"{"kind":"k"}"#.utf8))
            job.deadline = .seconds(10)
            job.links = ["batch.b1"]
            return job
        }
        let reply = try await queue.call(Enqueue(producer: "p", number: 1, jobs: jobs))
        #expect(reply.added(of: 3) == 3)
        try await queue.advance(10)
        let messages = try await worker.cycle().messages
        #expect(Set(messages.map(\.event)) == Set(jobs.map { .members(batch: "b1", state: .cancelled, jobs: [$0.id]) }))
        try await queue.acknowledge(messages)
        #expect(try await queue.audit() == [])
    }
}
