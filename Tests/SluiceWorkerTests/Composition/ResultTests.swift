import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// A job that says what its handler is to do.
private struct Told: Job {
    static let kind = "told"
    static let options = JobOptions(queue: "work", maxAttempts: 1, keepsResult: true)
    typealias Output = String
    var what: String
}

private struct Silent: Job {
    static let kind = "silent"
    static let options = JobOptions(queue: "work")
}

private struct Unkept: Job {
    static let kind = "unkept"
    static let options = JobOptions(queue: "work")
    typealias Output = Int
}

/// Those who wait for what a job comes to.
@Suite(.timeLimit(.minutes(10)))
struct ResultTests {
    private func worker(_ fixture: Fixture, gate: Occurrences? = nil) -> Worker {
        let worker = fixture.worker(50)
        worker.handle(Told.self) { (job, _) -> Outcome<String> in
            await gate?.wait()
            switch job.what {
            case "cancel": return .cancel(reason: "no need")
            case "discard": return .discard(reason: "no sense")
            case "throw": throw Failure()
            case "huge": return .completed(String(repeating: "x", count: 2 << 20))
            default: return .completed("did " + job.what)
            }
        }
        worker.handle(Silent.self) { _, _ in }
        worker.handle(Unkept.self) { _, _ in 1 }
        return worker
    }

    @Test func theOutputComesBeforeAndAfterTheEnd() async throws {
        let fixture = try await Fixture()
        let client = fixture.client
        let gate = Occurrences()
        try await fixture.running(worker(fixture, gate: gate)) {
            let job = try await client.enqueue(Told(what: "a"))
            async let early = client.result(of: job, timeout: .seconds(300))
            async let other = client.result(of: Enqueued(Told.self, id: job.id), timeout: .seconds(300))
            #expect(await fixture.becomes(job.id, .executing))
            gate.add()
            #expect(try await early == "did a")
            #expect(try await other == "did a")
            #expect(try await client.result(of: Enqueued(Told.self, id: job.id, in: "work")) == "did a")
        }
        #expect(try await fixture.leftovers() == [])
    }

    @Test func whatHasNoOutputIsWaitedForAllTheSame() async throws {
        let fixture = try await Fixture()
        try await fixture.running(worker(fixture)) {
            _ = try await fixture.client.enqueueAndWait(Silent(), timeout: .seconds(300))
            let error = await #expect(throws: SluiceError.self) {
                try await fixture.client.enqueueAndWait(Unkept(), timeout: .seconds(300))
            }
            #expect(error?.code == .resultMissing && error?.message.contains("keepsResult") == true)
            let job = try await fixture.client.enqueue(Told(what: "a"))
            let wrong = await #expect(throws: SluiceError.self) {
                try await fixture.client.result(of: Enqueued(Unkept.self, job.handle), timeout: .seconds(300))
            }
            #expect(wrong?.code == .resultMissing)
        }
    }

    private static let failures: [(what: String, state: JobState, reason: String)] = [
        ("cancel", .cancelled, "no need"), ("discard", .discarded, "no sense"),
        ("throw", .discarded, "Failure"), ("huge", .discarded, "is above the limit of 1048576"),
    ]

    @Test(arguments: failures.indices) func aBadEndIsAnErrorThatSaysWhy(_ index: Int) async throws {
        let (what, state, reason) = Self.failures[index]
        let fixture = try await Fixture()
        try await fixture.running(worker(fixture)) {
            for _ in 0..<2 {
                let error = await #expect(throws: JobFailed.self) {
                    try await fixture.client.enqueueAndWait(Told(what: what), timeout: .seconds(300))
                }
                #expect(error?.state == state && error?.reason.contains(reason) == true)
                #expect(error?.description.contains("\n") == false)
            }
        }
    }

    @Test func anUnknownOrDeletedJobIsToldAtOnce() async throws {
        let fixture = try await Fixture()
        let client = fixture.client
        let unknown = await #expect(throws: SluiceError.self) { try await client.result(of: Enqueued(Told.self, id: "never")) }
        #expect(unknown?.code == .jobUnknown)
        let job = try await client.enqueue(Told(what: "a"))
        let waiting = Task { try await client.result(of: job) }
        #expect(await linked(fixture, job.id))
        _ = try await fixture.queues.store.call(ChangeJobs(.delete, [job.id]), on: "work")
        let deleted = await #expect(throws: SluiceError.self) { try await waiting.value }
        #expect(deleted?.code == .jobUnknown)
    }

    @Test func whoseTimeIsOverIsForgotten() async throws {
        let fixture = try await Fixture()
        let client = fixture.client
        let job = try await client.enqueue(Told(what: "a"))
        for timeout in [Duration.zero, .milliseconds(50)] {
            let error = await #expect(throws: SluiceError.self) {
                try await client.result(of: job, timeout: timeout)
            }
            #expect(error?.code == .timedOut)
        }
        let waiting = Task { try await client.result(of: job) }
        #expect(await linked(fixture, job.id))
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(
            await fixture.queues.eventually(in: "work") {
                try await fixture.queues.dump().keys.allSatisfy { !$0.hasSuffix(":links") }
            })
        #expect(try await fixture.state(job.id) == .available)
    }

    @Test func aDeadlineCancelsTheJobWhenAsked() async throws {
        let fixture = try await Fixture()
        let client = fixture.client
        for cancels in [false, true] {
            let error = await #expect(throws: SluiceError.self) {
                try await client.enqueueAndWait(Told(what: "a"), timeout: .milliseconds(30), cancelOnTimeout: cancels) {
                    $0.id = "\(cancels)"
                }
            }
            #expect(error?.code == .timedOut)
            #expect(try await fixture.state(JobID("\(cancels)")) == (cancels ? .cancelled : .available))
        }
        let waiting = Task {
            try await client.enqueueAndWait(Told(what: "a"), timeout: .seconds(60), cancelOnTimeout: true) { $0.id = "task" }
        }
        #expect(await linked(fixture, "task"))
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(try await fixture.state(JobID("task")) == .cancelled)
    }

    @Test(.proxied) func aThousandWaitersShareOneConnection() async throws {
        let proxy = try await FaultyProxy(to: .shared())
        let fixture = try await Fixture(through: proxy.url)
        let client = fixture.client
        let other = try await fixture.client()
        let jobs = try await withThrowingTaskGroup(of: Enqueued<Told>.self) { group in
            for number in 0..<1000 { group.addTask { try await client.enqueue(Told(what: "\(number)")) } }
            var jobs: [Enqueued<Told>] = []
            for try await job in group { jobs.append(job) }
            return jobs
        }
        let waiting = jobs.map { job in Task { try await client.result(of: job, timeout: .seconds(300)) } }
        let runner = fixture.worker(50, client: other)
        runner.handle(Told.self) { job, _ in "did " + job.what }
        try await fixture.running(runner) {
            for one in waiting { _ = try await one.value }
        }
        // Not one question a waiter, and none by the clock.
        #expect(proxy.requests(with: "sluice1_await") < 300)
        #expect(proxy.requests(with: "BLMPOP") < 300)
        #expect(try await fixture.queues.dump().keys.allSatisfy { !$0.hasSuffix(":links") })
        await other.close()
        await proxy.close()
    }

    @Test(.proxied, arguments: [FaultyProxy.Fault.loseRequest, .loseReply], ["BLMPOP", "sluice1_await"])
    func whatTheConnectionTookWithItIsAskedForAgain(_ fault: FaultyProxy.Fault, _ word: String) async throws {
        let proxy = try await FaultyProxy(to: .shared())
        let fixture = try await Fixture(through: proxy.url)
        let client = fixture.client
        let other = try await fixture.client()
        let runner = fixture.worker(4, client: other)
        runner.handle(Told.self) { job, _ in
            // A job that has ended before anybody asks is not waited for.
            if job.what == "0" { await proxy.faults.wait() }
            return "did " + job.what
        }
        proxy.fail([word], with: fault)
        proxy.fail([word], after: 1, with: fault)
        try await fixture.running(runner) {
            for number in 0..<5 {
                let output = try await client.enqueueAndWait(Told(what: "\(number)"), timeout: .seconds(300))
                #expect(output == "did \(number)")
            }
        }
        #expect(proxy.faults.count > 0)
        await other.close()
        await proxy.close()
    }

    @Test(.proxied) func anEndThatIsHeardBeforeTheAnswerIsNotLost() async throws {
        let proxy = try await FaultyProxy(to: .shared())
        let fixture = try await Fixture(through: proxy.url)
        let client = fixture.client
        let other = try await fixture.client()
        let runner = fixture.worker(4, client: other)
        runner.handle(Told.self) { job, _ in
            // The first is waited for, so that somebody listens, and goes on listening for a while.
            if job.what == "first" { while proxy.requests(with: "BLMPOP") == 0 { await Task.yield() } }
            if job.what == "second" { await proxy.heldReplies.wait() }
            return "did " + job.what
        }
        try await fixture.running(runner) {
            #expect(try await client.enqueueAndWait(Told(what: "first"), timeout: .seconds(300)) == "did first")
            let job = try await client.enqueue(Told(what: "second"))
            proxy.fail(["sluice1_await"], with: .holdReply)
            let waiting = Task { try await client.result(of: job, timeout: .seconds(300)) }
            await proxy.heldReplies.wait()
            // It has ended, and whoever listens has taken the news out of the inbox.
            let isHeard = await fixture.queues.eventually(in: fixture.queue) {
                let inboxes = try await fixture.queues.dump().keys.filter { $0.contains(":inbox:") }
                return try await fixture.state(job.id) == .completed && inboxes.isEmpty
            }
            #expect(isHeard)
            proxy.release()
            #expect(try await waiting.value == "did second")
        }
        await other.close()
        await proxy.close()
    }

    @Test func closingTheClientEndsTheWait() async throws {
        let fixture = try await Fixture()
        let job = try await fixture.client.enqueue(Told(what: "a"))
        let waiting = Task { try await fixture.client.result(of: job) }
        #expect(await linked(fixture, job.id))
        await fixture.client.close()
        let error = await #expect(throws: SluiceError.self) { try await waiting.value }
        #expect(error?.code == .closed)
    }

    @Test func aFollowUpInAnotherQueueIsFollowedThere() async throws {
        let fixture = try await Fixture()
        let client = fixture.client
        let both = Worker(
            client, queues: [Queue("work", concurrency: 2), Queue("other", concurrency: 2)],
            options: WorkerOptions(grace: .zero, cancellationGrace: .seconds(2)))
        both.handle(Told.self) { job, _ in "did " + job.what }
        let first = try await client.enqueue(Told(what: "a"))
        let second = try await client.enqueue(Told(what: "b"), after: first) { $0.queue = "other" }
        let third = try await client.enqueue(Told(what: "c"), after: second) { $0.queue = "work" }
        try await fixture.running(both) {
            let waiting = Task { try await client.result(of: third, timeout: .seconds(300)) }
            let middle = try await client.result(of: second, timeout: .seconds(300))
            #expect(middle == "did b")
            let last = try await waiting.value
            #expect(last == "did c")
            let again = try await client.result(of: second, timeout: .seconds(300))
            #expect(again == "did b")
        }
        #expect(try await fixture.leftovers() == [])
    }

    /// Whether somebody is to be told of a job's end.
    private func linked(_ fixture: Fixture, _ id: JobID) async -> Bool {
        await fixture.queues.eventually(in: "work") {
            try await fixture.details(id)?.links.receivers.contains { $0.hasPrefix("wait ") } == true
        }
    }
}
