import Dispatch
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

/// Members of chunks that are ended from outside: by an operator, their timeout, the worker's stop, the end of their lease.
@Suite(.timeLimit(.minutes(10)))
struct ChunkEndingTests {
    private static let never = Duration.seconds(3600)

    @Test func aMemberThatIsCancelledWhileItsChunkGathersLeavesIt() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(4)
        let chunks = Recorder<Set<JobID>>()
        worker.handleChunk(Plain.self, size: 2, within: Self.never) { chunk in chunks.add(Set(chunk.members.map(\.id))) }
        try await fixture.running(worker) {
            let cancelled = try await fixture.enqueue(plain: 0)
            #expect(await fixture.becomes(cancelled, .executing))
            try await fixture.inspector.change(.cancel, ids: [cancelled], in: fixture.queue)
            #expect(await fixture.becomes(cancelled, .cancelled))
            let others = [try await fixture.enqueue(plain: 1), try await fixture.enqueue(plain: 2)]
            #expect(await fixture.count(.completed, is: 2))
            #expect(chunks.all == [Set(others)])
        }
        #expect(try await fixture.leftovers() == [])
    }

    @Test func aMemberThatIsCancelledWhileItsChunkRunsIsSettledWithoutTheHandler() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(2)
        let started = Occurrences()
        let gate = DispatchSemaphore(value: 0)
        let open = Recorder<[Int]>()
        worker.handleChunk(Plain.self, size: 2, within: Self.never) { chunk in
            started.add()
            // It sees nothing of the cancellation, for the other member is still its own.
            block(on: gate)
            #expect(!Task.isCancelled)
            open.add(chunk.members.filter(\.isOpen).map(\.job.number))
            for member in chunk.members { #expect(member.settle(.completed(NoOutput())) == (member.job.number == 1)) }
        }
        try await fixture.running(worker) {
            let ids = [try await fixture.enqueue(plain: 0), try await fixture.enqueue(plain: 1)]
            await started.wait()
            try await fixture.inspector.change(.cancel, ids: [ids[0]], in: fixture.queue)
            #expect(await fixture.becomes(ids[0], .cancelled))
            #expect(try await fixture.state(ids[1]) == .executing)
            gate.signal()
            #expect(await fixture.becomes(ids[1], .completed))
            #expect(try await fixture.state(ids[0]) == .cancelled)
        }
        #expect(open.all == [[1]])
        #expect(try await fixture.total("refused") == 0)
        #expect(try await fixture.leftovers() == [])
    }

    @Test func theHandlerIsCancelledWhenNoMemberIsLeft() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(3)
        let started = Occurrences()
        let cancelled = Occurrences()
        worker.handleChunk(Plain.self, size: 3, within: Self.never) { chunk in
            // One that has its outcome needs the handler no more.
            for member in chunk.members where member.job.number == 2 { member.settle(.completed(NoOutput())) }
            started.add()
            await SluiceWorkerTests.never(then: cancelled)
        }
        try await fixture.running(worker) {
            var ids: [JobID] = []
            for number in 0..<3 { ids.append(try await fixture.enqueue(plain: number)) }
            await started.wait()
            try await fixture.inspector.change(.cancel, ids: [ids[0]], in: fixture.queue)
            #expect(await fixture.becomes(ids[0], .cancelled))
            #expect(cancelled.count == 0)
            try await fixture.inspector.change(.cancel, ids: [ids[1]], in: fixture.queue)
            #expect(await fixture.becomes(ids[1], .cancelled))
            await cancelled.wait()
            #expect(try await fixture.state(ids[2]) == .completed)
        }
        #expect(try await fixture.leftovers() == [])
    }

    /// However slow the machine is: gathering begins after `start`, and nothing counts before it is over.
    @Test func gatheringDoesNotEatTheTimeout() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(10)
        let (gathering, timeout) = (Duration.milliseconds(900), Duration.seconds(600))
        let deadlines = Recorder<ContinuousClock.Instant>()
        let told = Recorder<(run: ProcessedJob, at: ContinuousClock.Instant)>()
        worker.handleChunk(Plain.self, size: 10, within: gathering) { chunk in
            for member in chunk.members { deadlines.add(try #require(member.context.deadline)) }
        }
        worker.afterProcess { told.add(($0, .now)) }
        let start = ContinuousClock.now
        try await fixture.running(worker) {
            for number in 0..<3 { _ = try await fixture.enqueue(plain: number) { $0.timeout = timeout } }
            await told.happened.wait(for: 3)
        }
        #expect(told.all.allSatisfy { $0.run.state == .completed })
        #expect(deadlines.all.count == 3 && deadlines.all.allSatisfy { $0 >= start + gathering + timeout })
        // Nor is it part of the run's duration.
        #expect(told.all.allSatisfy { $0.run.duration ?? .zero <= $0.at - start - gathering })
    }

    @Test func aMemberThatTakesTooLongLeavesAndTheOthersGoOn() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(2)
        let go = Occurrences()
        worker.handleChunk(Plain.self, size: 2, within: Self.never) { _ in await go.wait() }
        try await fixture.running(worker) {
            let short = try await fixture.enqueue(plain: 0) { $0.timeout = .milliseconds(50) }
            let long = try await fixture.enqueue(plain: 1)
            #expect(await fixture.becomes(short, .retryable))
            #expect(try await fixture.details(short)?.failures.first?.message.contains("took longer than") == true)
            #expect(try await fixture.state(long) == .executing)
            go.add()
            #expect(await fixture.becomes(long, .completed))
        }
    }

    @Test func aStopEndsTheGatheringAndLetsTheChunkEnd() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(4, grace: .seconds(20))
        let members = Recorder<Int>()
        worker.handleChunk(Plain.self, size: 4, within: Self.never) { chunk in
            // The handler is told of the shutdown like any other.
            let told = Occurrences()
            await withGracefulShutdownHandler {
                await told.wait()
            } onGracefulShutdown: {
                told.add()
            }
            #expect(!Task.isCancelled)
            members.add(chunk.members.count)
        }
        for number in 0..<3 { _ = try await fixture.enqueue(plain: number) }
        let services = ServiceGroup(services: [worker], logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            #expect(await fixture.count(.executing, is: 3))
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
        #expect(members.all.reduce(0, +) == 3)
        let status = try await fixture.inspector.status(of: fixture.queue)
        #expect(status.states[.completed] == 3)
        #expect(status.workers == 0)
        #expect(try await fixture.leftovers() == [])
    }

    @Test func aStopWhoseGraceIsOverGivesMembersBackUnharmed() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(3)
        let started = Occurrences()
        let cancelled = Occurrences()
        worker.handleChunk(Plain.self, size: 2, within: Self.never) { _ in
            started.add()
            await SluiceWorkerTests.never(then: cancelled)
        }
        // Two run, the third gathers.
        for number in 0..<3 { _ = try await fixture.enqueue(plain: number) }
        try await fixture.running(worker) {
            #expect(await fixture.count(.executing, is: 3))
            await started.wait()
        }
        await cancelled.wait()
        let status = try await fixture.inspector.status(of: fixture.queue)
        #expect(status.states[.available] == 3)
        #expect(status.totals["released"] == 3)
        #expect(try await fixture.inspector.audit(fixture.queue).isClean)
        #expect(try await fixture.queues.dump().keys.filter { $0.hasSuffix(":attempts") || $0.hasSuffix(":crashes") } == [])
    }

    @Test func aHandlerThatHasSettledEverybodyIsCancelledWhenTheWorkerEnds() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1)
        let cancelled = Occurrences()
        worker.handleChunk(Plain.self, size: 1) { chunk in
            for member in chunk.members { member.settle(.completed(NoOutput())) }
            await SluiceWorkerTests.never(then: cancelled)
        }
        let id = try await fixture.enqueue(plain: 0)
        try await fixture.running(worker) { #expect(await fixture.becomes(id, .completed)) }
        await cancelled.wait()
    }

    @Test func aMemberThatWasGivenToAnotherWorkerIsRefusedAlone() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(2)
        let started = Occurrences()
        let go = Occurrences()
        let told = Recorder<JobID>()
        worker.handleChunk(Plain.self, size: 2, within: .milliseconds(300)) { chunk in
            started.add()
            if started.count == 1 { await go.wait() }
        }
        worker.afterProcess { told.add($0.id) }
        try await fixture.running(worker) {
            let ids = [try await fixture.enqueue(plain: 0), try await fixture.enqueue(plain: 1)]
            await started.wait()
            try await fixture.takeAway(ids[0])
            go.add()
            #expect(await fixture.count(.completed, is: 2))
            await told.happened.wait(for: 2)
        }
        #expect(try await fixture.total("refused") == 1)
        #expect(Set(told.all).count == 2)
        #expect(try await fixture.leftovers() == [])
    }
}
