import SluiceCore
import SluiceStore
import Testing

/// What a run enqueues comes to be with its outcome, or not at all.
@Suite(.timeLimit(.minutes(10)))
struct CommitTests {
    /// A queue with a job `a` that runs on the worker `w`.
    private func running() async throws -> (queue: LuaQueue, worker: ScriptedWorker) {
        let queue = try await LuaQueue()
        let worker = try await queue.worker()
        try await queue.add("a")
        try await worker.cycle(1)
        return (queue, worker)
    }

    private func job(_ id: String, _ queue: QueueName = "mail", priority: Int = 5, lane: String = "") -> (NewJob, QueueName) {
        (NewJob(id: JobID(known: id), spec: Array(#"{"kind":"k"}"#.utf8), priority: priority, lane: lane), queue)
    }

    private func settle(
        _ worker: ScriptedWorker, _ outcome: Settlement.Outcome, _ jobs: [(NewJob, QueueName)]
    ) async throws -> Cycle.Reply {
        var committed = CommittedJobs()
        for (job, queue) in jobs { committed.append(job, to: queue, of: "mail") }
        return try await worker.cycle(settling: JobID(known: "a"), outcome, committing: committed)
    }

    @Test(arguments: [Settlement.Outcome.completed(result: nil), .snooze(.seconds(5)), .cancelled(error: "")].indices)
    func itComesWithTheOutcome(_ index: Int) async throws {
        let (queue, worker) = try await running()
        let outcome = [Settlement.Outcome.completed(result: nil), .snooze(.seconds(5)), .cancelled(error: "")][index]
        let reply = try await settle(
            worker, outcome, [job("b"), job("c", priority: 1, lane: "h=1"), job("d", "away", lane: "h=2"), job("e", "away")])
        #expect(reply.refused == [])
        #expect(try await queue.state("b") == "available")
        #expect(try await queue.call(FindJob(JobID(known: "c")))?["lane"] == "h=1")
        for id in ["d", "e"] { #expect(try await queue.state(id) == "suspended") }
        let away = try await queue.other("away")
        #expect(try await queue.deliver(queue.moved(reply.messages), to: away) == 2)
        try await queue.acknowledge(reply.messages)
        #expect(try await away.call(FindJob(JobID(known: "d")))?["lane"] == "h=2")
        #expect(try await away.state("e") == "available")
        #expect(try await queue.audit() == [])
        #expect(try await away.audit() == [])
    }

    @Test func aRefusedOutcomeEnqueuesNothing() async throws {
        let (queue, worker) = try await running()
        worker.hold("a", Fence(1))
        let reply = try await settle(worker, .completed(result: nil), [job("b"), job("d", "away")])
        #expect(reply.refused.map(\.text) == ["a"])
        #expect(reply.messages == [])
        #expect(try await queue.state("b") == nil)
        #expect(try await queue.state("d") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test func aRepeatedCallEnqueuesOnce() async throws {
        let (queue, worker) = try await running()
        let fence = try #require(worker.running[JobID(known: "a")])
        _ = try await settle(worker, .snooze(.seconds(1)), [job("b")])
        worker.hold("a", fence)
        #expect(try await settle(worker, .completed(result: nil), [job("c")]).refused.map(\.text) == ["a"])
        #expect(try await queue.state("b") == "available")
        #expect(try await queue.state("c") == nil)
        #expect(try await queue.audit() == [])
    }

    @Test func anIDThatIsThereStopsNothing() async throws {
        let (queue, worker) = try await running()
        try await queue.add("b")
        #expect(try await settle(worker, .completed(result: nil), [job("b"), job("c")]).refused == [])
        #expect(try await queue.state("a") == "completed")
        #expect(try await queue.state("c") == "available")
        #expect(try await queue.audit() == [])
    }

    @Test func aJobThatSaysItsDelayWaits() async throws {
        let (queue, worker) = try await running()
        var later = job("b")
        later.0.due = .after(.seconds(60))
        _ = try await settle(worker, .completed(result: nil), [later])
        #expect(try await queue.key("scheduled") == "T+60000 b")
        #expect(try await queue.audit() == [])
    }
}
