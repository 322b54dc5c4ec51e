import Foundation
import Logging
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// What recurs, with workers that fire it and a clock that the test moves. It starts at a full hour.
@Suite(.timeLimit(.minutes(10)))
struct CronTests {
    private func worker(_ fixture: Fixture, _ cron: [Cron], deploy: Int = 0) -> Worker {
        let options = WorkerOptions(grace: .zero, cancellationGrace: .seconds(2), maxThreads: 8)
        let worker = Worker(
            fixture.client, queues: [Queue(fixture.queue, concurrency: 4, deploy: deploy, cron: cron)], options: options,
            logger: Logger(label: "sluice.worker"))
        worker.handle(Numbered.self) { job, _ in job.number }
        return worker
    }

    private func id(_ fixture: Fixture, _ seconds: Int, _ name: String = "e") -> JobID {
        let date = Date(timeIntervalSince1970: Double(fixture.queues.start / 1000 + seconds))
        return JobID(known: "cron:\(name):" + date.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted)))
    }

    private func crontab(_ fixture: Fixture) -> Crontab { fixture.client.crontab(of: fixture.queue) }

    private func entry(_ fixture: Fixture) async throws -> CronStatus? {
        try await fixture.inspector.cron(of: fixture.queue).first
    }

    private func history(_ fixture: Fixture, of name: String = "e") async throws -> [CronTick]? {
        try await fixture.inspector.cronHistory(of: name, in: fixture.queue)
    }

    private func lives(_ fixture: Fixture, _ number: Int = 1) async -> Bool {
        await fixture.queues.eventually(in: fixture.queue) {
            try await fixture.inspector.status(of: fixture.queue).workers == number
        }
    }

    @Test func whatIsDeclaredFiresOnceThoughTwoWorkersLook() async throws {
        let fixture = try await Fixture()
        let cron = [Cron("e", schedule: "*/10 * * * *", job: Numbered(number: 7))]
        try await fixture.running(worker(fixture, cron), worker(fixture, cron)) {
            #expect(await lives(fixture, 2))
            #expect(try await entry(fixture)?.isDeclared == true)
            for tick in [600, 1200, 1800] {
                // As a worker that lives would call meanwhile.
                try await fixture.queues.advance(by: .seconds(600))
                #expect(await fixture.becomes(id(fixture, tick), .completed))
            }
        }
        let status = try #require(try await entry(fixture))
        #expect(status.runs == 3 && status.source == .code)
        #expect(status.last?.outcome == .enqueued && status.last?.job == id(fixture, 1800))
        #expect(try await fixture.total("enqueued") == 3)
        #expect(try await fixture.leftovers() == [])
    }

    @Test func anEntryThatIsAddedWakesAWorkerThatIsIdle() async throws {
        let fixture = try await Fixture(.server)
        try await fixture.running(worker(fixture, [])) {
            #expect(await lives(fixture))
            try await crontab(fixture).add(Cron("e", schedule: "@every 1s", job: Numbered(), limit: 3))
            #expect(await fixture.count(.completed, is: 3, within: .seconds(300)))
            #expect(try await entry(fixture)?.finished != nil)
        }
        #expect(try await history(fixture)?.map(\.outcome) == [.enqueued, .enqueued, .enqueued])
    }

    @Test func ticksWhileNobodyWasThereAreMadeUpFor() async throws {
        let fixture = try await Fixture()
        try await crontab(fixture).add(Cron("one", schedule: "*/10 * * * *", job: Numbered(), catchUp: .latest))
        try await crontab(fixture).add(Cron("all", schedule: "*/10 * * * *", job: Numbered(), catchUp: .all(limit: 4)))
        try await crontab(fixture).add(Cron("none", schedule: "*/10 * * * *", job: Numbered(), catchUp: .none))
        try await fixture.queues.advance(by: .seconds(3700))
        try await fixture.queues.drain(with: worker(fixture, []))
        var outcomes: [String: [CronTick.Outcome]] = [:]
        for name in ["one", "all", "none"] { outcomes[name] = try await history(fixture, of: name)?.map(\.outcome) }
        #expect(outcomes["one"] == [.enqueued, .missed])
        #expect(outcomes["all"] == [.enqueued, .enqueued, .enqueued, .enqueued, .missed])
        #expect(outcomes["none"] == [.missed])
        #expect(try await fixture.total("completed") == 5)
        #expect(try await history(fixture, of: "none")?.first?.count == 6)
    }

    @Test func drainFiresWhatIsDueAndLeavesTheRest() async throws {
        let fixture = try await Fixture()
        try await crontab(fixture).add(Cron("e", schedule: "*/10 * * * *", job: Numbered(), overlap: .skip))
        try await fixture.queues.drain(with: worker(fixture, []))
        #expect(try await fixture.total("enqueued") == 0)
        try await fixture.queues.advance(by: .seconds(600))
        try await fixture.queues.drain(with: worker(fixture, []))
        #expect(try await fixture.state(id(fixture, 600)) == .completed)
        // What a drain leaves is the entry.
        #expect(try await fixture.leftovers() == [])
    }

    @Test func aPausedQueueTakesTicksAndRunsNone() async throws {
        let fixture = try await Fixture()
        try await crontab(fixture).add(Cron("e", schedule: "*/10 * * * *", job: Numbered()))
        try await fixture.inspector.pause(fixture.queue)
        try await fixture.running(worker(fixture, [])) {
            #expect(await lives(fixture))
            try await fixture.queues.advance(by: .seconds(600))
            #expect(await fixture.becomes(id(fixture, 600), .available))
            try await fixture.inspector.resume(fixture.queue)
            #expect(await fixture.becomes(id(fixture, 600), .completed))
        }
    }

    @Test func aPauseOutlivesDeclarationsAndSoDoTheRuns() async throws {
        let fixture = try await Fixture()
        func declare(_ cron: [Cron], deploy: Int = 0) async throws {
            try await fixture.running(worker(fixture, cron, deploy: deploy)) { #expect(await lives(fixture)) }
        }
        try await declare([Cron("e", schedule: "*/10 * * * *", job: Numbered())])
        #expect(try await crontab(fixture).pause("e", reason: "too much"))
        #expect(try await !crontab(fixture).pause("e"))
        try await declare([Cron("e", schedule: "*/5 * * * *", job: Numbered())])
        let paused = try #require(try await entry(fixture))
        #expect(paused.expression == "*/5 * * * *" && paused.pause?.reason == "too much" && paused.next == nil)
        #expect(!paused.isDeclared)
        let error = await #expect(throws: SluiceError.self) {
            try await crontab(fixture).add(Cron("e", schedule: "* * * * *", job: Numbered()))
        }
        #expect(error?.code == .invalidArgument)
        // A lower number changes nothing while a worker lives.
        try await fixture.running(worker(fixture, [Cron("e", schedule: "* * * * *", job: Numbered())], deploy: 2)) {
            #expect(await lives(fixture))
            try await fixture.running(worker(fixture, [Cron("e", schedule: "*/5 * * * *", job: Numbered())], deploy: 1)) {
                #expect(await lives(fixture, 2))
            }
            #expect(try await entry(fixture)?.expression == "* * * * *")
        }
        #expect(try await crontab(fixture).resume("e"))
        #expect(try await !crontab(fixture).resume("e"))
        let resumed = try #require(try await entry(fixture))
        #expect(resumed.next == Date(timeIntervalSince1970: Double(fixture.queues.start / 1000 + 60)))
        // One that nobody declares stays until it is removed.
        try await declare([])
        #expect(try await entry(fixture)?.isDeclared == false)
        #expect(try await crontab(fixture).remove("e"))
        #expect(try await !crontab(fixture).remove("e"))
        #expect(try await fixture.leftovers() == [])
    }

    @Test func byHandOneJobGoesInForEachCall() async throws {
        let fixture = try await Fixture()
        try await crontab(fixture).add(Cron("e", schedule: "0 0 1 1 *", job: Numbered(number: 5)))
        let ids = [try await crontab(fixture).run("e"), try await crontab(fixture).run("e")]
        #expect(Set(ids).count == 2)
        try await fixture.queues.drain(with: worker(fixture, []))
        for id in ids { #expect(try await fixture.details(id)?.result == "5") }
        #expect(try await history(fixture)?.map(\.outcome) == [.byHand, .byHand])
        await #expect(throws: SluiceError.self) { try await crontab(fixture).run("f") }
        #expect(try await history(fixture, of: "f") == nil)
    }

    @Test func theJobHasWhatItsKindAndItsRequestSay() async throws {
        let fixture = try await Fixture()
        var request = try JobRequest(kind: "numbered", queue: "elsewhere", arguments: #"{"number":12345678901234567}"#)
        request.partitions = ["account": "42"]
        request.priority = 3
        request.timeout = .seconds(9)
        try await crontab(fixture).add(Cron("e", schedule: "*/10 * * * *", request: request, jitter: .seconds(20)))
        try await fixture.queues.advance(by: .seconds(630))
        try await fixture.queues.drain(with: worker(fixture, []))
        let job = try #require(try await fixture.details(id(fixture, 600)))
        // Numbers beyond what Lua counts in are not touched.
        #expect(job.state == .completed && job.result == "12345678901234567")
        #expect(job.priority == 3 && job.lane == "account=42" && job.timeout == .seconds(9))
    }

    @Test(
        arguments: [
            Cron("a b", schedule: "* * * * *", job: Numbered()), Cron("", schedule: "* * * * *", job: Numbered()),
            Cron("e", schedule: "61 * * * *", job: Numbered()),
            Cron("e", schedule: "* * * * *", zone: "Mars/Phobos", job: Numbered()),
            Cron("e", schedule: "* * * * *", job: Numbered(), limit: 0),
            Cron("e", schedule: "* * * * *", job: Numbered(), jitter: .seconds(60)),
            Cron("e", schedule: "@every 5s", job: Numbered(), jitter: .seconds(-1)),
            Cron(
                "e", schedule: "* * * * *", job: Numbered(), start: Date(timeIntervalSince1970: 2e9),
                end: Date(timeIntervalSince1970: 1e9)),
            Cron(
                "e", schedule: "0 0 29 2 *", job: Numbered(), start: Date(timeIntervalSince1970: 1.8e9),
                end: Date(timeIntervalSince1970: 1.801e9)),
            Cron("e", schedule: "* * * * *", job: Numbered(), catchUp: .all(limit: 0)),
            Cron("e", schedule: "* * * * *", job: Numbered(), catchUp: .all(limit: 1001)),
        ]) func whatMakesNoSenseIsRefusedBeforeAnythingIsClaimed(cron: Cron) async throws
    {
        let fixture = try await Fixture()
        let job = try await fixture.enqueue()
        let error = await #expect(throws: SluiceError.self) { try await worker(fixture, [cron]).run() }
        #expect(error?.code == .invalidArgument)
        let other = await #expect(throws: SluiceError.self) { try await crontab(fixture).add(cron) }
        #expect(other?.code == .invalidArgument)
        #expect(try await fixture.state(job) == .available)
        #expect(try await fixture.inspector.cron(of: fixture.queue).isEmpty)
    }

    @Test func oneNameIsDeclaredOnce() async throws {
        let fixture = try await Fixture()
        let cron = Cron("e", schedule: "* * * * *", job: Numbered())
        await #expect(throws: SluiceError.self) { try await worker(fixture, [cron, cron]).run() }
    }
}
