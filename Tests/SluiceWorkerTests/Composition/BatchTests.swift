import Sluice
import SluiceCore
import SluiceStore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// Tells that something was true of a batch.
private struct Told: Job {
    static let kind = "told"
    static let options = JobOptions(queue: "told")
    var event: String
}

/// Batches as their users see them: members in a queue, callbacks in another.
@Suite(.timeLimit(.minutes(10)))
struct BatchTests {
    private let fixture: Fixture
    private let told = Recorder<String>()
    private let all: [BatchEvent: JobRequest]

    init() async throws {
        fixture = try await Fixture()
        all = Dictionary(
            uniqueKeysWithValues: try BatchEvent.allCases.map { ($0, try JobRequest(Told(event: $0.rawValue))) })
    }

    /// Serves both queues. Jobs with an odd number end badly for good; those above 1,000 do at their first attempt.
    private func worker() -> Worker {
        let options = WorkerOptions(grace: .zero, cancellationGrace: .seconds(2), maxThreads: 8)
        let worker = Worker(fixture.client, queues: [Queue("work", concurrency: 20), Queue("told")], options: options)
        worker.handle(Numbered.self) { job, context -> Int in
            if job.number % 2 == 1 { throw JobInterruption.discard(reason: "odd") }
            if job.number > 1000, context.attempt == 1 { throw Failure() }
            return job.number
        }
        worker.handle(Told.self) { job, context in told.add("\(context.batch?.text ?? "?") \(job.event)") }
        return worker
    }

    private func settled(_ count: Int) async -> Bool {
        await fixture.queues.eventually(in: "told") { told.all.count >= count }
    }

    @Test func whenAllCompleteItTellsSoOnce() async throws {
        let batch = try await fixture.client.openBatch("even", id: BatchID("even"), on: all)
        try await batch.add((0..<50).map { Numbered(number: 2 * $0) })
        try await fixture.running(worker()) {
            #expect(await fixture.count(.completed, is: 50))
            // Nothing is known of all before it is sealed.
            #expect(try await batch.status()?.fired == [])
            try await batch.seal()
            #expect(await settled(3))
        }
        #expect(Set(told.all) == ["even attempted", "even completed", "even exhausted"] && told.all.count == 3)
        let status = try #require(try await batch.status())
        #expect(status.total == 50 && status.pending == 0 && status.completed == 50 && status.finished != nil)
        await #expect(throws: SluiceError.self) { try await batch.add([Numbered()]) }
    }

    @Test func theFirstBadEndIsToldAtOnceAndTheRestAtTheEnd() async throws {
        let batch = try await fixture.client.openBatch("odd", id: BatchID("odd"), on: all)
        try await batch.add([Numbered(number: 1), Numbered(number: 3)])
        try await fixture.running(worker()) {
            #expect(await settled(1))
            #expect(told.all == ["odd failed"])
            try await batch.add([Numbered(number: 2)])
            try await batch.seal()
            #expect(await settled(3))
        }
        #expect(Set(told.all) == ["odd failed", "odd attempted", "odd exhausted"] && told.all.count == 3)
        let status = try #require(try await batch.status())
        #expect(status.discarded == 2 && status.completed == 1 && status.total == 3)
    }

    @Test func attemptedIsTrueWhenTheLastMemberHasFailedOnce() async throws {
        let batch = try await fixture.client.openBatch("tries", id: BatchID("tries"), on: all)
        try await batch.add([Numbered(number: 1002), Numbered(number: 2)])
        try await batch.seal()
        try await fixture.running(worker()) {
            #expect(await settled(1))
            #expect(told.all == ["tries attempted"])
            #expect(try await batch.status()?.pending == 1)
            #expect(await fixture.count(.retryable, is: 1))
            try await fixture.queues.advance(by: .seconds(10))
            #expect(await settled(3))
        }
        #expect(Set(told.all) == ["tries attempted", "tries completed", "tries exhausted"])
    }

    @Test func anEmptyBatchTellsThatAllCompleted() async throws {
        let batch = try await fixture.client.openBatch("none", id: BatchID("none"), on: all)
        try await batch.seal()
        try await batch.seal()
        try await fixture.running(worker()) { #expect(await settled(3)) }
        #expect(Set(told.all) == ["none attempted", "none completed", "none exhausted"] && told.all.count == 3)
    }

    @Test func aMemberMayAddMoreUntilTheLastOneEnds() async throws {
        let client = fixture.client
        let batch = try await client.openBatch("grows", id: BatchID("grows"), on: all)
        let options = WorkerOptions(grace: .zero, cancellationGrace: .seconds(2), maxThreads: 8)
        let worker = Worker(client, queues: [Queue("work"), Queue("told")], options: options)
        worker.handle(Numbered.self) { job, context -> Int in
            if job.number > 0, let batch = context.batch { try await client.batch(batch).add([Numbered(number: job.number - 1)]) }
            return 0
        }
        worker.handle(Told.self) { job, _ in told.add(job.event) }
        try await batch.add([Numbered(number: 5)])
        try await batch.seal()
        try await fixture.running(worker) { #expect(await settled(3)) }
        #expect(try await batch.status()?.total == 6)
        #expect(told.all.count == 3)
    }

    @Test func aBatchWithinABatchEndsThereAsOneMember() async throws {
        let parent = try await fixture.client.openBatch("parent", id: BatchID("parent"), on: all)
        let child = try await fixture.client.openBatch("child", on: [:], within: parent.id)
        try await parent.seal()
        try await child.add([Numbered(number: 2), Numbered(number: 3)])
        #expect(try await parent.status()?.pending == 1)
        try await child.seal()
        try await fixture.running(worker()) { #expect(await settled(3)) }
        #expect(Set(told.all) == ["parent attempted", "parent failed", "parent exhausted"] && told.all.count == 3)
        #expect(try await parent.status()?.discarded == 1)
    }

    @Test func membersThatAreCancelledOrDeletedCountAsEnded() async throws {
        let batch = try await fixture.client.openBatch("gone", id: BatchID("gone"), on: all)
        let ids = (0..<3).map { JobID("gone-\($0)") }
        try await batch.add(
            try ids.map { id in
                var request = try JobRequest(Numbered())
                request.id = id
                return request
            })
        try await batch.seal()
        _ = try await fixture.client.store.call(ChangeJobs(.cancel, [ids[0]]), on: "work")
        _ = try await fixture.client.store.call(ChangeJobs(.delete, [ids[1]]), on: "work")
        // One that is there already is no new member.
        try await fixture.running(worker()) { #expect(await settled(3)) }
        let status = try #require(try await batch.status())
        #expect(status.cancelled == 1 && status.deleted == 1 && status.completed == 1 && status.total == 3)
        #expect(Set(told.all) == ["gone failed", "gone attempted", "gone exhausted"])
    }

    /// Whoever seals a batch may die before it has brought what that fires.
    @Test func whatASealFiredIsBroughtByWhoeverLooksAfterTheIndex() async throws {
        let store = fixture.client.store
        _ = try await fixture.client.openBatch("left", id: BatchID("left"), on: all)
        _ = try await store.call(WorkflowIndex(take: 0, looks: [("batch:left", .seconds(15))]))
        _ = try await store.call(BatchCall(.seal), batch: BatchID("left"))
        try await fixture.queues.advance(by: .seconds(15))
        #expect(try await fixture.client.relay.maintainDue { _, _ in } == nil)
        try await fixture.running(worker()) { #expect(await settled(3)) }
        #expect(try await store.call(BatchCall(.maintain), batch: BatchID("left")).firing.isEmpty)
    }
}
