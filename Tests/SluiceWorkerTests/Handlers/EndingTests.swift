import Dispatch
import Hiredis
import Logging
import ServiceLifecycle
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// Runs that are ended from outside: by their timeout, by an operator, by the worker's stop.
@Suite(.timeLimit(.minutes(10)))
struct EndingTests {
    @Test func aTimeoutCancelsTheTask() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        let cancelled = Occurrences()
        worker.handle(Numbered.self) { (_, context) -> Int in
            #expect(context.deadline != nil)
            await never(then: cancelled)
            throw CancellationError()
        }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue { $0.timeout = .milliseconds(50) }
            await cancelled.wait()
            #expect(await fixture.becomes(id, .retryable))
            #expect(try await fixture.details(id)?.failures.first?.message.contains("took longer than") == true)
        }
        #expect(try await fixture.leftovers() == [])
    }

    @Test func aHandlerThatIgnoresItsTimeoutIsGivenUpOnAndItsReturnDropped() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1)
        let gate = DispatchSemaphore(value: 0)
        let returned = Occurrences()
        let states = Recorder<JobState>()
        worker.handle(Numbered.self) { (job, _) -> Int in
            if job.number == 0 {
                block(on: gate)
                returned.add()
            }
            return job.number
        }
        worker.afterProcess { states.add($0.state) }
        try await fixture.running(worker) {
            let stubborn = try await fixture.enqueue(0) { $0.timeout = .milliseconds(50) }
            // The only place is free again though the handler still blocks.
            let neighbour = try await fixture.enqueue(7)
            #expect(await fixture.becomes(neighbour, .completed))
            #expect(try await fixture.state(stubborn) == .retryable)
            gate.signal()
            await returned.wait()
            // What it returned changes nothing: its state comes from the timeout alone.
            let last = try await fixture.enqueue(8)
            #expect(await fixture.becomes(last, .completed))
            #expect(try await fixture.state(stubborn) == .retryable)
        }
        #expect(states.all == [.retryable, .completed, .completed])
        #expect(try await fixture.total("refused") == 0)
    }

    @Test func anOperatorsCancelReachesARunAtOnce() async throws {
        let fixture = try await Fixture()
        // Full, so that it listens for nothing but its bell; by itself it would look again after the test's time is over.
        let worker = fixture.worker(1, lease: .seconds(10_000))
        let started = Occurrences()
        let cancelled = Occurrences()
        worker.handle(Numbered.self) { (_, _) -> Int in
            started.add()
            await never(then: cancelled)
            throw CancellationError()
        }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue()
            await started.wait()
            try await fixture.inspector.change(.cancel, ids: [id], in: fixture.queue)
            await cancelled.wait()
            #expect(await fixture.becomes(id, .cancelled))
        }
        #expect(try await fixture.leftovers() == [])
    }

    @Test func aCancelledRunThatIgnoresItIsCancelledAllTheSame() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1)
        let started = Occurrences()
        let gate = DispatchSemaphore(value: 0)
        worker.handle(Numbered.self) { (_, _) -> Int in
            started.add()
            block(on: gate)
            return 1
        }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue()
            await started.wait()
            try await fixture.inspector.change(.cancel, ids: [id], in: fixture.queue)
            #expect(await fixture.becomes(id, .cancelled))
            gate.signal()
        }
        #expect(try await fixture.leftovers() == [])
    }

    @Test func aRunThatFailsAfterACancelIsCancelledNotRetried() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1)
        let started = Occurrences()
        let go = Occurrences()
        worker.handle(Numbered.self) { (_, _) -> Int in
            started.add()
            await go.wait()
            throw Failure()
        }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue()
            await started.wait()
            try await fixture.inspector.change(.cancel, ids: [id], in: fixture.queue)
            go.add()
            #expect(await fixture.becomes(id, .cancelled))
        }
    }

    @Test func aStopLetsRunsEndWithinTheGrace() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(2, grace: .seconds(20))
        let started = Occurrences()
        let go = Occurrences()
        worker.handle(Numbered.self) { (job, _) -> Int in
            started.add()
            // It ends when the shutdown has reached it, and with that the worker, which was there before.
            await withGracefulShutdownHandler {
                await go.wait()
            } onGracefulShutdown: {
                go.add()
            }
            #expect(!Task.isCancelled)
            return job.number
        }
        var ids: [JobID] = []
        for number in 0..<3 { ids.append(try await fixture.enqueue(number)) }
        let services = ServiceGroup(services: [worker], logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            await started.wait(for: 2)
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
        #expect(try await fixture.state(ids[0]) == .completed)
        #expect(try await fixture.state(ids[1]) == .completed)
        // Nothing is claimed any more.
        let last = try await fixture.state(ids[2])
        #expect(last == .available)
        #expect(try await fixture.inspector.status(of: fixture.queue).workers == 0)
    }

    @Test func aStopGivesTheRestBackUnharmed() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(2)
        let started = Occurrences()
        let gate = DispatchSemaphore(value: 0)
        worker.handle(Numbered.self) { (job, _) -> Int in
            started.add()
            if job.number == 0 { block(on: gate) } else { await never(then: Occurrences()) }
            throw CancellationError()
        }
        let stubborn = try await fixture.enqueue(0)
        let polite = try await fixture.enqueue(1)
        try await fixture.running(worker) { await started.wait(for: 2) }
        for id in [stubborn, polite] {
            let details = try #require(try await fixture.details(id))
            #expect(details.state == .available)
            #expect(details.attempts == 0)
            #expect(details.crashes == 0)
        }
        #expect(try await fixture.inspector.status(of: fixture.queue).workers == 0)
        #expect(try await fixture.inspector.audit(fixture.queue).isClean)
        gate.signal()
    }

    @Test func anOutcomeThatComesTooLateIsRefusedCountedAndNotTold() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(2)
        let started = Recorder<Fence>()
        let go = Occurrences()
        let told = Recorder<ProcessedJob>()
        worker.handle(Numbered.self) { (job, context) -> Int in
            started.add(context.fence)
            if started.all.count == 1 { await go.wait() }
            return started.all.count
        }
        worker.afterProcess { told.add($0) }
        let id = try await fixture.enqueue()
        try await fixture.running(worker) {
            await started.happened.wait()
            try await fixture.takeAway(id)
            go.add()
            #expect(await fixture.becomes(id, .completed))
            await told.happened.wait()
        }
        #expect(try await fixture.total("refused") == 1)
        #expect(try await fixture.details(id)?.result == "2")
        #expect(started.all.count == 2 && started.all[0] < started.all[1])
        #expect(told.all.count == 1)
        #expect(told.all.first?.output == Array("2".utf8))
        #expect(try await fixture.leftovers() == [])
    }

    @Test func progressIsShownAndRefusedOnceTheRunIsOver() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1)
        let shown = Occurrences()
        let go = Occurrences()
        let late = Recorder<SluiceError.Code?>()
        worker.handle(Numbered.self) { (job, context) -> Int in
            try await context.progress(0.5, note: "half \"way\"")
            shown.add()
            await go.wait()
            do { try await context.progress(1) } catch { late.add((error as? SluiceError)?.code) }
            return job.number
        }
        let id = try await fixture.enqueue()
        try await fixture.running(worker) {
            await shown.wait()
            let progress = try await fixture.details(id)?.progress
            #expect(progress?.fraction == 0.5)
            #expect(progress?.note == "half \"way\"")
            // Another worker's call finds this one dead.
            try await fixture.takeAway(id)
            go.add()
            await late.happened.wait()
        }
        #expect(late.all == [.fenced])
    }
}

/// Waits for the cancellation of its task.
func never(then cancelled: Occurrences) async {
    await Occurrences().wait(for: .max)
    cancelled.add()
}

extension Fixture {
    /// Makes the run of a job somebody else's, as the end of a lease does.
    func takeAway(_ id: JobID) async throws {
        let key = queues.base(queue) + ":executing"
        let record = try await queues.command("HGET", key, id.text).root.string ?? ""
        let words = record.split(separator: " ", maxSplits: 1)
        let fence = (UInt64(words.first ?? "") ?? 0) + 1
        _ = try await queues.command("HSET", key, id.text, "\(fence) \(words.last ?? "")")
    }
}
