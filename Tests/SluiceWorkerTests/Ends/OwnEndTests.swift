import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

private struct Beyond: Job {
    static let kind = "beyond"
    static let options = JobOptions(queue: "beyond")
}

/// Workers that end by themselves. Their beats are hours apart, so that none of them hides a wake-up that is missing.
@Suite(.timeLimit(.minutes(5)))
struct OwnEndTests {
    private func worker(
        _ fixture: Fixture, _ queues: [QueueName] = ["work"], concurrency: Int = 4, client: SluiceClient? = nil,
        ack: Queue.AckMode = .batched, maxJobs: Int? = nil, empty: Bool = false, cron: [Cron] = []
    ) -> Worker {
        Worker(
            client ?? fixture.client, queues: queues.map { Queue($0, concurrency: concurrency, ack: ack, cron: cron) },
            options: WorkerOptions(
                lease: .seconds(86_400), grace: .zero, cancellationGrace: .seconds(2), maxThreads: 8, maxJobs: maxJobs,
                stopsWhenEmpty: empty))
    }

    /// What is left of workers, besides what ``Fixture/leftovers()`` finds.
    private func workers(_ fixture: Fixture, _ queue: QueueName = "work") async throws -> Int {
        try await fixture.inspector.status(of: queue).workers
    }

    @Test(arguments: Queue.AckMode.allCases) func itEndsWhenNothingIsLeft(ack: Queue.AckMode) async throws {
        let fixture = try await Fixture()
        let worker = worker(fixture, ack: ack, empty: true)
        worker.handle(Numbered.self) { job, _ in
            await Task.yield()
            return job.number
        }
        try await fixture.client.enqueue((0..<50).map { Numbered(number: $0) })
        try await worker.run()
        #expect(try await fixture.total("completed") == 50)
        #expect(try await fixture.leftovers() == [])
        #expect(try await workers(fixture) == 0)
        #expect(worker.pulse.phase == .stopping)
    }

    @Test func anEmptyQueueEndsItAtOnce() async throws {
        let fixture = try await Fixture()
        try await worker(fixture, ["work", "beyond", "third"], empty: true).run()
        #expect(try await workers(fixture) == 0)
    }

    @Test func whatCannotBeClaimedNowDoesNotKeepIt() async throws {
        let fixture = try await Fixture()
        let worker = worker(fixture, ["work", "beyond"], empty: true)
        worker.handle(Numbered.self) { (job, _) -> Int in
            if job.number == 1 { throw Failure() }
            return job.number
        }
        let later = try await fixture.enqueue { $0.due = .after(.seconds(60)) }
        let failing = try await fixture.enqueue(1)
        let good = try await fixture.enqueue(2)
        let paused = try await fixture.client.enqueue(Beyond()).id
        _ = try await fixture.inspector.pause("beyond")
        try await worker.run()
        #expect(try await fixture.state(later) == .scheduled)
        #expect(try await fixture.state(failing) == .retryable)
        #expect(try await fixture.state(good) == .completed)
        #expect(try await fixture.inspector.job(paused, in: "beyond")?.state == .available)
        #expect(try await fixture.inspector.audit("work").isClean)
        #expect(try await workers(fixture) == 0)
    }

    /// A run of one queue adds a job to the other, again and again: by a call of its handler, and as a follower, which travels
    /// through an outbox.
    @Test func whatItsRunsCauseRunsAsWell() async throws {
        let fixture = try await Fixture()
        let worker = worker(fixture, ["work", "beyond"], empty: true)
        worker.handle(Numbered.self) { job, _ in
            if job.number < 10 {
                let next = try await fixture.client.enqueue(Beyond())
                _ = try await fixture.client.enqueue(Numbered(number: job.number + 1), after: next, onFailed: .ignore)
            }
            return job.number
        }
        worker.handle(Beyond.self) { _, _ in }
        _ = try await fixture.enqueue(0)
        try await worker.run()
        #expect(try await fixture.total("completed") == 11)
        #expect(try await fixture.inspector.status(of: "beyond").totals["completed"] == 10)
        #expect(try await fixture.leftovers() == [])
    }

    /// The follower's queue does not hear of the end at first.
    @Test(.proxied) func aDeliveryThatFailsIsWaitedFor() async throws {
        let proxy = try await FaultyProxy(to: .shared())
        let fixture = try await Fixture(.server)
        let client = try await fixture.client(through: proxy.url)
        let worker = worker(fixture, ["work", "beyond"], client: client, empty: true)
        worker.handle(Numbered.self) { job, _ in job.number }
        worker.handle(Beyond.self) { _, _ in }
        let first = try await fixture.client.enqueue(Beyond())
        let second = try await fixture.client.enqueue(Numbered(), after: first, onFailed: .ignore)
        proxy.fail(["sluice1_deliver"], with: .loseRequest)
        try await worker.run()
        #expect(proxy.faults.count == 1)
        #expect(try await fixture.state(second.id) == .completed)
        await client.close()
        await proxy.close()
    }

    @Test func aDueCronEntryFiresBeforeTheEnd() async throws {
        let fixture = try await Fixture()
        let cron = Cron("e", schedule: "*/10 * * * *", job: Numbered(number: 7))
        try await fixture.client.crontab(of: "work").add(cron)
        try await fixture.queues.advance(by: .seconds(600))
        let worker = worker(fixture, empty: true)
        worker.handle(Numbered.self) { job, _ in job.number }
        try await worker.run()
        #expect(try await fixture.total("completed") == 1)
    }

    @Test(arguments: [1, 3, 7], Queue.AckMode.allCases)
    func itRunsAsManyJobsAsItMay(most: Int, ack: Queue.AckMode) async throws {
        let fixture = try await Fixture()
        let worker = worker(fixture, ["work", "beyond"], ack: ack, maxJobs: most)
        let runs = Recorder<Int>()
        worker.handle(Numbered.self) { (job, _) -> Int in
            runs.add(job.number)
            await Task.yield()
            // A failed run counts as well.
            if job.number == 1 { throw JobInterruption.discard(reason: "one") }
            return job.number
        }
        try await fixture.client.enqueue((0..<20).map { Numbered(number: $0) })
        try await worker.run()
        #expect(runs.all.count == most)
        #expect(try await fixture.total("started") == most)
        #expect(try await fixture.inspector.status(of: "work").states[.available] == 20 - most)
        #expect(try await fixture.inspector.status(of: "work").states[.executing, default: 0] == 0)
        #expect(try await fixture.inspector.audit("work").isClean)
        #expect(try await workers(fixture) == 0)
    }

    /// The claim of the empty queue has reserved the only job.
    @Test func aQueueWithoutJobsDoesNotHoldTheOtherUp() async throws {
        let fixture = try await Fixture()
        let worker = worker(fixture, ["third", "beyond", "work"], maxJobs: 1)
        worker.handle(Numbered.self) { job, _ in job.number }
        let id = try await fixture.enqueue(1)
        try await worker.run()
        #expect(try await fixture.state(id) == .completed)
    }

    /// The grace is zero: an end of its own does not give the run back, a stop from outside does.
    @Test(arguments: [false, true]) func aRunIsWaitedForUnlessTheWorkerIsStopped(isStopped: Bool) async throws {
        let fixture = try await Fixture()
        let worker = worker(fixture, maxJobs: 2)
        let (started, go) = (Occurrences(), Occurrences())
        worker.handle(Numbered.self) { job, _ in
            started.add()
            if job.number == 1 {
                await go.wait()
                try Task.checkCancellation()
            }
            return job.number
        }
        let ids = [try await fixture.enqueue(1), try await fixture.enqueue(2)]
        let run = Task { try await worker.run() }
        await started.wait(for: 2)
        #expect(await fixture.becomes(ids[1], .completed))
        if isStopped { run.cancel() } else { go.add() }
        try await run.value
        #expect(try await fixture.state(ids[0]) == (isStopped ? .available : .completed))
        #expect(try await workers(fixture) == 0)
    }

    /// Calls to break, by words that their bytes hold, and how, one after another.
    struct Loss: Sendable {
        var words: [String]
        var faults: [FaultyProxy.Fault]
    }

    static let losses = [
        Loss(words: ["sluice1_cycle"], faults: [.loseReply]),
        Loss(words: ["sluice1_cycle"], faults: [.loseReply, .loseReply, .loseReply]),
        Loss(words: ["sluice1_cycle", "completed"], faults: [.loseReply]),
        Loss(words: ["sluice1_cycle", "completed"], faults: [.loseRequest, .loseRequest, .loseReply]),
        Loss(words: ["sluice1_resync"], faults: [.loseReply]),
        Loss(words: ["sluice1_leave"], faults: [.loseRequest, .loseRequest, .loseRequest]),
        Loss(words: ["sluice1_leave"], faults: [.loseReply]),
    ]

    @Test(.proxied, arguments: losses, [0, 1, 2])
    func nothingStaysClaimedThoughRedisIsAway(_ loss: Loss, after skips: Int) async throws {
        for empty in [false, true] {
            let proxy = try await FaultyProxy(to: .shared())
            let fixture = try await Fixture()
            let client = try await fixture.client(through: proxy.url)
            let worker = worker(
                fixture, concurrency: 1, client: client, maxJobs: empty ? nil : 3, empty: empty)
            let runs = Recorder<Int>()
            worker.handle(Numbered.self) { job, _ in
                runs.add(job.number)
                return job.number
            }
            try await fixture.client.enqueue((0..<3).map { Numbered(number: $0) })
            for (index, fault) in loss.faults.enumerated() {
                proxy.fail(loss.words, after: index == 0 ? skips : 0, with: fault)
            }
            try await worker.run()
            #expect(runs.all.sorted() == [0, 1, 2])
            #expect(try await fixture.total("completed") == 3)
            #expect(try await fixture.leftovers() == [])
            #expect(try await workers(fixture) == 0)
            await client.close()
            await proxy.close()
        }
    }
}
