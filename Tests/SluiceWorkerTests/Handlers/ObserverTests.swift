import Hiredis
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// What observers of outcomes are told where it is not the run's own worker that decides.
@Suite(.timeLimit(.minutes(10)))
struct ObserverTests {
    @Test func runsOfAWorkerThatDiedAreToldByTheOneThatTakesThemBack() async throws {
        let fixture = try await Fixture()
        var ids: [JobID] = []
        for number in 0..<4 { ids.append(try await fixture.enqueue(number)) }
        try await claim(4, as: WorkerID(known: "dead.1"), in: fixture)
        // How often a worker has died with them before.
        let crashes = "\(fixture.queues.base(fixture.queue)):crashes"
        _ = try await fixture.queues.command("HSET", crashes, ids[1].text, "1", ids[2].text, "4")
        try await fixture.inspector.change(.cancel, ids: [ids[3]], in: fixture.queue)
        let worker = fixture.worker()
        worker.handle(Numbered.self) { job, _ in job.number }
        let told = Recorder<ProcessedJob>()
        worker.afterProcess { told.add($0) }
        try await fixture.running(worker) {
            // Small steps, or it would look as if Redis had been away.
            let isDone = await fixture.queues.eventually(in: fixture.queue) {
                try await fixture.queues.advance(by: .seconds(3))
                return try await fixture.inspector.status(of: fixture.queue).states[.completed] == 2
            }
            #expect(isDone)
            await told.happened.wait(for: 6)
        }
        let died = told.all.filter { $0.error == "its worker dead.1 died" }
        let ends = Dictionary(uniqueKeysWithValues: died.map { ($0.id, $0.state) })
        #expect(ends == [ids[0]: .available, ids[1]: .retryable, ids[2]: .discarded, ids[3]: .cancelled])
        #expect(died.allSatisfy { $0.kind == "numbered" && $0.attempt == 1 && $0.duration == nil && $0.output == nil })
        // Those that ran again are told of that run as well, and nobody of anything twice.
        let ran = told.all.filter { $0.error == nil }
        #expect(Set(ran.map(\.id)) == Set(ids.prefix(2)) && ran.allSatisfy { $0.state == .completed })
        #expect(told.all.count == 6)
    }

    /// What ends while the worker is cancelled is recorded, and told.
    @Test func aCancelledWorkerTellsWhatItHasRecorded() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(2)
        let (started, cancelled) = (Occurrences(), Occurrences())
        worker.handle(Numbered.self) { (job, _) -> Int in
            started.add()
            await never(then: cancelled)
            return job.number
        }
        let told = Recorder<JobState>()
        worker.afterProcess { told.add($0.state) }
        let ids = [try await fixture.enqueue(1), try await fixture.enqueue(2)]
        try await fixture.running(worker) { await started.wait(for: 2) }
        for id in ids { #expect(try await fixture.state(id) == .completed) }
        #expect(told.all == [.completed, .completed])
    }

    @Test func aWaitThatRedisMadeADiscardIsToldAsThat() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1)
        worker.handle(Numbered.self) { (_, _) -> Int in throw DependencyUnavailable("tmdb", reason: "gone") }
        let told = Recorder<JobState>()
        worker.afterProcess { told.add($0.state) }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue { $0.maxWaits = 1 }
            #expect(await fixture.becomes(id, .scheduled))
            await told.happened.wait()
            try await fixture.queues.advance(by: .seconds(60))
            await told.happened.wait(for: 2)
        }
        #expect(told.all == [.scheduled, .discarded])
    }

    @Test func whatAWorkerThatStartsTakesBackIsToldByIt() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.enqueue()
        try await claim(1, as: WorkerID(known: "dead.1"), in: fixture)
        // Somebody else has called a moment ago, so the silence of the dead one is not that of Redis.
        try await fixture.queues.advance(by: .seconds(25))
        _ = try await fixture.queues.store.call(opening(WorkerID(known: "other.1")), on: fixture.queue)
        try await fixture.queues.advance(by: .seconds(10))
        let worker = fixture.worker()
        worker.handle(Numbered.self) { job, _ in job.number }
        let told = Recorder<JobState>()
        worker.afterProcess { told.add($0.state) }
        try await fixture.running(worker) { await told.happened.wait(for: 2) }
        #expect(told.all == [.available, .completed])
        #expect(try await fixture.state(id) == .completed)
    }

    private func opening(_ worker: WorkerID) -> Resync {
        Resync(worker: worker, session: 1, lease: .seconds(30), info: #"{"host":"dead"}"#, running: [])
    }

    /// Makes a worker that is never heard of again run jobs.
    private func claim(_ count: Int, as worker: WorkerID, in fixture: Fixture) async throws {
        _ = try await fixture.queues.store.call(opening(worker), on: fixture.queue)
        let cycle = Cycle(worker: worker, session: 1, call: 1, demand: count, idle: .seconds(12), settlements: [])
        #expect(try await fixture.queues.store.call(cycle, on: fixture.queue).jobs.count == count)
    }
}
