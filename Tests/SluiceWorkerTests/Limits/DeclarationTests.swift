import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import TestSupport
import Testing

@testable import SluiceWorker

private struct Forgotten: Job {
    static let kind = "forgotten"
    static let options = JobOptions(queue: "elsewhere")
}

private struct ForgottenChunk: Job {
    static let kind = "forgotten-chunk"
    static let options = JobOptions(queue: "elsewhere")
}

/// Workers that declare limits: before anything is claimed, alike or not.
@Suite(.timeLimit(.minutes(10)))
struct DeclarationTests {
    private static let overruled = "other limits than this worker's stand, declared by another"
    private static let contradicted = "another worker declares other limits than those of this worker, which stand"

    private func standing(_ fixture: Fixture) async throws -> Limits.Reply {
        try await fixture.queues.store.call(Limits(), on: fixture.queue)
    }

    private func workers(_ fixture: Fixture, _ number: Int) async -> Bool {
        await fixture.queues.eventually(in: fixture.queue) {
            try await fixture.inspector.status(of: fixture.queue).workers == number
        }
    }

    @Test(
        arguments: [
            ([.concurrency(0)], 0), ([.rate(1, per: .zero)], 0), ([.concurrency(1, partition: "a b")], 0),
            ([.breaker(partition: "a", opensAfter: -1)], 0), ([.weight(0, partition: "a", value: "1")], 0),
            ([.concurrency(1), .concurrency(1)], 0), ([], -1), ([.concurrency(1)], .max),
        ] as [([Limit], Int)])
    func whatMakesNoSenseIsRefusedBeforeAnythingIsClaimed(limits: [Limit], deploy: Int) async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(limits: limits, deploy: deploy)
        let id = try await fixture.enqueue()
        let error = await #expect(throws: SluiceError.self) { try await worker.run() }
        #expect(error?.code == .invalidArgument)
        #expect(try await fixture.state(id) == .available)
        #expect(try await fixture.inspector.status(of: fixture.queue).workers == 0)
    }

    @Test func whatIsDeclaredStandsBeforeTheFirstClaim() async throws {
        let fixture = try await Fixture()
        let seen = Recorder<[Limit]>()
        let worker = fixture.worker(limits: [.rate(9, per: .seconds(1), partition: "host"), .concurrency(3)], deploy: 7)
        worker.handle(Numbered.self) { job, _ in
            seen.add(try await standing(fixture).declared)
            return job.number
        }
        let id = try await fixture.enqueue()
        try await fixture.running(worker) { #expect(await fixture.becomes(id, .completed)) }
        #expect(seen.all.map { $0.map(\.description).sorted() } == [["concurrency 3", "rate/host 9/1000"]])
        #expect(try await standing(fixture).deploy == 7)
    }

    @Test func whereNobodyLivesTheLastDeclarationStandsAndNoneLiftsAll() async throws {
        let fixture = try await Fixture()
        for limits in [[Limit.concurrency(3)], [.concurrency(2, partition: "a")], []] {
            let worker = fixture.worker(limits: limits)
            try await fixture.running(worker) { #expect(await workers(fixture, 1)) }
            #expect(try await standing(fixture).declared == limits)
        }
    }

    @Test func workersThatDifferKeepToTheLastDeclarationAndNothingFlaps() async throws {
        let fixture = try await Fixture()
        let (first, second) = (LogRecorder(), LogRecorder())
        let old = fixture.worker(lease: .seconds(1), limits: [.concurrency(2)], log: first)
        let new = fixture.worker(lease: .seconds(1), limits: [.concurrency(3)], log: second)
        for worker in [old, new] { worker.handle(Numbered.self) { job, _ in job.number } }
        try await fixture.running(old) {
            #expect(await workers(fixture, 1))
            try await fixture.running(new) {
                await first.happened.wait()
                let version = try await standing(fixture).declaredVersion
                // Many calls later all is as it was.
                for number in 1...50 {
                    let id = try await fixture.enqueue(number)
                    #expect(await fixture.becomes(id, .completed))
                }
                let now = try await standing(fixture)
                #expect(now.declared == [.concurrency(3)] && now.declaredVersion == version)
            }
        }
        #expect(first.aboutLimits == [Self.overruled])
        #expect(second.aboutLimits == [])
    }

    /// Whoever enqueues a job of the kind would wait for ever.
    @Test func aHandlerWhoseQueueTheWorkerDoesNotServeIsToldAtTheStart() async throws {
        let fixture = try await Fixture()
        let log = LogRecorder()
        let worker = fixture.worker(log: log)
        worker.handle(Numbered.self) { job, _ in job.number }
        worker.handle(Forgotten.self) { _, _ in }
        worker.handleChunk(ForgottenChunk.self, size: 1) { _ in }
        try await fixture.running(worker) { #expect(await workers(fixture, 1)) }
        #expect(log.all.count { $0.contains("does not serve its queue") } == 2)
    }

    @Test func aHigherDeployWinsAndALowerOneThatComesBackDoesNot() async throws {
        let fixture = try await Fixture()
        let (first, second, third) = (LogRecorder(), LogRecorder(), LogRecorder())
        let old = fixture.worker(lease: .seconds(1), limits: [.concurrency(2)], deploy: 1, log: first)
        let new = fixture.worker(lease: .seconds(1), limits: [.concurrency(3)], deploy: 2, log: second)
        let late = fixture.worker(lease: .seconds(1), limits: [.concurrency(2)], deploy: 1, log: third)
        try await fixture.running(old) {
            #expect(await workers(fixture, 1))
            try await fixture.running(new) {
                await first.happened.wait()
                #expect(try await standing(fixture).declared == [.concurrency(3)])
                #expect(await workers(fixture, 2))
                #expect(second.aboutLimits == [])
                try await fixture.running(late) {
                    await third.happened.wait()
                    await second.happened.wait()
                    let now = try await standing(fixture)
                    #expect(now.declared == [.concurrency(3)] && now.deploy == 2)
                }
            }
        }
        #expect(first.aboutLimits.first == Self.overruled)
        #expect(second.aboutLimits == [Self.contradicted])
        #expect(third.aboutLimits == [Self.overruled])
    }

    @Test func workersThatAgreeSayNothing() async throws {
        let fixture = try await Fixture()
        let log = LogRecorder()
        let limits: [Limit] = [.concurrency(2), .rate(100, per: .seconds(1))]
        let first = fixture.worker(lease: .seconds(1), limits: limits, log: log)
        let second = fixture.worker(lease: .seconds(1), limits: limits.reversed(), log: log)
        for worker in [first, second] { worker.handle(Numbered.self) { job, _ in job.number } }
        try await fixture.running(first) {
            #expect(await workers(fixture, 1))
            try await fixture.running(second) {
                #expect(await workers(fixture, 2))
                for number in 1...20 {
                    let id = try await fixture.enqueue(number)
                    #expect(await fixture.becomes(id, .completed))
                }
            }
        }
        #expect(log.aboutLimits == [])
    }

    @Test func aServerThatLostItsDataHasTheLimitsAgain() async throws {
        let server = try await RedisTestServer.start()
        let fixture = try await Fixture(.server, on: server)
        let limits: [Limit] = [.concurrency(2)]
        let workers = [fixture.worker(lease: .seconds(1), limits: limits), fixture.worker(lease: .seconds(1), limits: limits)]
        try await fixture.running(workers[0], workers[1]) {
            #expect(await self.workers(fixture, 2))
            try await server.cli("FLUSHALL")
            #expect(
                await fixture.queues.eventually(in: fixture.queue) {
                    try await standing(fixture).declared == limits
                })
        }
    }

    @Test func aWorkerTellsItsKinds() async throws {
        let fixture = try await Fixture()
        let some = fixture.worker()
        some.handle(Numbered.self) { job, _ in job.number }
        some.handle(Film.self) { _, _ in }
        let all = fixture.worker()
        all.handle(Numbered.self) { job, _ in job.number }
        all.handleOthers { _, _ in .completed(JSONOutput(text: nil)) }
        for (worker, kinds) in [(some, #""kinds":["film","numbered"]"#), (all, #""kinds":["*"]"#)] {
            try await fixture.running(worker) {
                #expect(await workers(fixture, 1))
                let info = try await fixture.queues.store.call(ListWorkers(), on: fixture.queue).map(\.info)
                #expect(info.count == 1 && info[0].contains(kinds), "\(info)")
            }
        }
    }
}
