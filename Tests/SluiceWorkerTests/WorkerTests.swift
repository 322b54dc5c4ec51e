import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWorker
import Synchronization
import TestSupport
import Testing

/// A worker as a whole: kinds, middleware, queues, waking, load.
@Suite(.timeLimit(.minutes(10)))
struct WorkerTests {
    @Test func aKindNobodyKnowsWaitsForAWorkerThatDoes() async throws {
        let fixture = try await Fixture()
        let old = fixture.worker()
        old.handle(Numbered.self) { job, _ in job.number }
        let new = fixture.worker()
        new.handleOthers { _, _ in .completed(JSONOutput(text: nil)) }
        let id = try await fixture.client.enqueue(JobRequest(kind: "new", queue: fixture.queue, arguments: "{}")).id
        try await fixture.running(old) {
            for (waits, delay) in [(1, 1000), (2, 2000), (3, 4000)] {
                #expect(await fixture.queues.eventually(in: fixture.queue) { try await fixture.details(id)?.waits == waits })
                let details = try #require(try await fixture.details(id))
                #expect(details.state == .scheduled)
                #expect(details.attempts == 0)
                #expect(details.dueAt.map { Int(($0.timeIntervalSince(details.time) * 1000).rounded()) } == delay)
                if waits < 3 { try await fixture.queues.advance(by: .milliseconds(delay)) }
            }
        }
        try await fixture.running(new) {
            try await fixture.queues.advance(by: .seconds(4))
            #expect(await fixture.becomes(id, .completed))
        }
        #expect(try await fixture.leftovers() == [])
    }

    @Test func middlewareWrapsFromTheOutsideInAndMayChangeTheOutcome() async throws {
        let fixture = try await Fixture()
        let order = Recorder<String>()
        let worker = fixture.worker {
            Layer(name: "outer", order: order)
            Layer(name: "inner", order: order)
            Rescue()
        }
        worker.handle(Numbered.self) { (job, _) -> Int in
            order.add("handler")
            if job.number == 1 { throw Failure() }
            return job.number
        }
        try await fixture.running(worker) {
            let first = try await fixture.enqueue(0)
            #expect(await fixture.becomes(first, .completed))
            #expect(order.all == ["outer in", "inner in", "handler", "inner out", "outer out"])
            // The error passes the layers on its way out; `Rescue` makes it a discard.
            let second = try await fixture.enqueue(1)
            #expect(await fixture.becomes(second, .discarded))
            #expect(try await fixture.details(second)?.failures.first?.message.contains("rescued") == true)
        }
    }

    @Test(arguments: Queue.AckMode.allCases)
    func bothAckModesComeToTheSame(ack: Queue.AckMode) async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(3, ack: ack)
        let told = Recorder<JobID>()
        worker.handle(Numbered.self) { (job, _) -> Int in
            if job.number % 5 == 4 { throw JobInterruption.discard(reason: "fifth") }
            return job.number
        }
        worker.afterProcess { told.add($0.id) }
        try await fixture.running(worker) {
            try await fixture.client.enqueue((0..<100).map { Numbered(number: $0) })
            #expect(await fixture.count(.completed, is: 80))
            #expect(await fixture.count(.discarded, is: 20))
            await told.happened.wait(for: 100)
        }
        #expect(Set(told.all).count == 100)
        #expect(told.all.count == 100)
        #expect(try await fixture.total("started") == 100)
        #expect(try await fixture.leftovers() == [])
    }

    @Test(.proxied) func inConfirmedModeAPlaceIsFreeOnlyOnceRedisHasTheOutcome() async throws {
        let proxy = try await FaultyProxy(to: .shared())
        let fixture = try await Fixture()
        let slow = try await Fixture(through: proxy.url)
        for ack in Queue.AckMode.allCases {
            let target = ack == .confirmed ? fixture : slow
            var options = SluiceClient.Options()
            options.namespace = target.queues.namespace
            let client = try await SluiceClient(.url(proxy.url), options: options)
            let worker = target.worker(1, ack: ack, client: client)
            let started = Recorder<Int>()
            worker.handle(Numbered.self) { job, _ in
                started.add(job.number)
                return job.number
            }
            proxy.fail(["sluice1_cycle", "completed"], with: .holdReply)
            let before = proxy.heldReplies.count
            let ids = [try await target.enqueue(0), try await target.enqueue(1)]
            try await target.running(worker) {
                await proxy.heldReplies.wait(for: before + 1)
                #expect(await target.becomes(ids[0], .completed))
                // Redis has it, the worker does not know: batched has claimed the next in that very call, confirmed has not.
                let next = try await target.state(ids[1])
                #expect(next == (ack == .batched ? .executing : .available))
                #expect(started.all == [0])
                proxy.release()
                #expect(await target.becomes(ids[1], .completed))
            }
            await client.close()
        }
        await proxy.close()
    }

    @Test func aThousandJobsWithTwoHundredPlaces() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(200)
        let running = Mutex((now: 0, most: 0))
        worker.handle(Numbered.self) { job, _ in
            running.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
            }
            for _ in 0..<5 { await Task.yield() }
            running.withLock { $0.now -= 1 }
            return job.number
        }
        try await fixture.client.enqueue((0..<1000).map { Numbered(number: $0) })
        try await fixture.running(worker) { #expect(await fixture.count(.completed, is: 1000)) }
        let most = running.withLock { $0.most }
        #expect(most <= 200)
        #expect(most > 1)
        #expect(try await fixture.total("started") == 1000)
        #expect(try await fixture.leftovers() == [])
    }

    @Test func aWorkerServesSeveralQueues() async throws {
        let fixture = try await Fixture()
        let names: [QueueName] = ["one", "two", "three"]
        let worker = Worker(
            fixture.client, queues: names.map { Queue($0, concurrency: 2) }, options: WorkerOptions(grace: .zero))
        let seen = Recorder<QueueName>()
        worker.handle(Numbered.self) { job, context in
            seen.add(context.queue)
            return job.number
        }
        try await fixture.running(worker) {
            for round in 1...10 {
                for name in names { _ = try await fixture.enqueue { $0.queue = name } }
                await seen.happened.wait(for: 3 * round)
            }
        }
        for name in names { #expect(seen.all.count { $0 == name } == 10) }
    }

    @Test func anIdleWorkerTakesWhatBecomesDueAndWhatComes() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1)
        let started = Recorder<Int>()
        worker.handle(Numbered.self) { job, _ in
            started.add(job.number)
            return job.number
        }
        try await fixture.running(worker) {
            // In and out of work many times: hungry, full, hungry.
            for number in 1...30 {
                _ = try await fixture.enqueue(number)
                await started.happened.wait(for: number)
            }
            _ = try await fixture.enqueue(31) { $0.due = .after(.seconds(3600)) }
            try await fixture.queues.advance(by: .seconds(3600))
            await started.happened.wait(for: 31)
        }
        #expect(started.all == Array(1...31))
    }

    @Test func aPausedQueueStartsNothingUntilItIsResumed() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        worker.handle(Numbered.self) { job, _ in job.number }
        let id = try await fixture.enqueue()
        _ = try await fixture.inspector.pause(fixture.queue)
        try await fixture.running(worker) {
            #expect(
                await fixture.queues.eventually(in: fixture.queue) {
                    try await fixture.inspector.status(of: fixture.queue).workers == 1
                })
            #expect(try await fixture.state(id) == .available)
            _ = try await fixture.inspector.resume(fixture.queue)
            #expect(await fixture.becomes(id, .completed))
        }
    }

    @Test func queuesAreCheckedAtTheStart() async throws {
        let fixture = try await Fixture()
        for queues in [[], [Queue("a"), Queue("a")], [Queue("no queue")]] {
            let worker = Worker(fixture.client, queues: queues)
            let error = await #expect(throws: SluiceError.self) { try await worker.run() }
            #expect(error?.code == .invalidArgument)
        }
    }
}

private struct Layer: JobMiddleware {
    var name: String
    var order: Recorder<String>

    @concurrent
    func run(_ context: JobContext, next: Next) async throws -> JobResult {
        order.add("\(name) in")
        defer { order.add("\(name) out") }
        return try await next(context)
    }
}

private struct Rescue: JobMiddleware {
    @concurrent
    func run(_ context: JobContext, next: Next) async throws -> JobResult {
        do { return try await next(context) } catch { return .discard(reason: "rescued from \(error)") }
    }
}
