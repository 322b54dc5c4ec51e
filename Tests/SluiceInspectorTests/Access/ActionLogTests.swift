import Foundation
import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceInspector

/// Who did what: every change that an inspector makes is in the log.
@Suite(.timeLimit(.minutes(10)))
struct ActionLogTests {
    private static let ada = Operator("ada", via: .page, from: "10.0.0.7")

    /// What of an action does not depend on the time.
    private struct Line: Equatable, CustomStringConvertible {
        var verb: Action.Verb
        var queue: QueueName?
        var target: String
        var tally: Action.Tally?
        var error: String?

        init(_ verb: Action.Verb, _ queue: QueueName?, _ target: String, _ changed: Int, _ skipped: Int = 0) {
            (self.verb, self.queue, self.target) = (verb, queue, target)
            tally = Action.Tally(changed: changed, skipped: skipped)
        }

        init(_ action: Action) {
            (verb, queue, target) = (action.verb, action.queue, action.target)
            (tally, error) = (action.outcome?.tally, action.outcome?.error)
        }

        var description: String {
            "\(verb.rawValue) \(queue?.text ?? "-") '\(target)' \(String(describing: tally)) \(error ?? "")"
        }
    }

    @Test func everyChangeIsRecorded() async throws {
        let fixture = try await Fixture()
        let inspector = fixture.inspector.acting(as: Self.ada, reason: "a move")
        try await fixture.enqueue(["a", "b", "c"], partitions: ["account": "4 2"])
        try await fixture.enqueue(["d"], kind: "other", due: .after(.seconds(3600)))
        let old = try await fixture.store.now()
        #expect(try await inspector.pause("mail"))
        #expect(try await !inspector.pause("mail"))
        #expect(try await inspector.status(of: "mail").pause?.reason == "a move")
        #expect(try await inspector.resume("mail"))
        try await inspector.override("concurrency", to: "4", in: "mail", for: .seconds(60))
        try await inspector.restore("concurrency", in: "mail")
        try await inspector.switchDependency("tmdb", on: false, in: "mail")
        try await inspector.switchDependency("tmdb", on: true)
        try await inspector.change(.cancel, ids: [id("a"), id("none")], in: "mail")
        try await inspector.change(.reschedule(.after(.seconds(90))), ids: [id("b")], in: "mail")
        try await inspector.change(.retry, ids: [id("b")], in: "mail")
        try await inspector.change(
            .delete, where: BulkFilter(states: [.available], kind: "email", partitions: ["account": "4 2"], limit: 1), in: "mail")
        try await inspector.change(.delete, in: "mail")
        _ = try await inspector.repair("mail")
        // Looks leave no trace.
        _ = try await inspector.preview(.delete, in: "mail")
        _ = try await inspector.repairPlan("mail")
        _ = try await inspector.drain("mail")
        try await inspector.change(.delete, ids: [], in: "mail")
        let actions = try await inspector.actions().actions
        #expect(
            actions.reversed().map(Line.init) == [
                Line(.queuesPause, "mail", "", 1), Line(.queuesPause, "mail", "", 0, 1), Line(.queuesResume, "mail", "", 1),
                Line(.limitsSet, "mail", "concurrency 4 --for 60s", 1), Line(.limitsClear, "mail", "concurrency", 1),
                Line(.dependenciesOff, "mail", "tmdb", 1), Line(.dependenciesOn, nil, "tmdb", 1),
                Line(.jobsCancel, "mail", "a none", 1, 1), Line(.jobsReschedule, "mail", "--delay 90s b", 1),
                Line(.jobsRetry, "mail", "b", 1),
                Line(.jobsDelete, "mail", "--state available --kind email --partition 'account=4 2' --limit 1", 1),
                Line(.jobsDelete, "mail", "all jobs", 3), Line(.auditRepair, "mail", "", 0),
            ])
        #expect(actions.allSatisfy { $0.author == Self.ada && $0.reason == "a move" })
        let now = try await fixture.store.now()
        for action in actions {
            #expect((old...now).contains(action.time.milliseconds))
            let end = try #require(action.outcome?.time)
            #expect(end >= action.time && end.milliseconds <= now)
        }
    }

    @Test func aProgramIsNamedByItself() async throws {
        let fixture = try await Fixture()
        try await fixture.store.register("mail")
        try await fixture.inspector.switchDependency("tmdb", on: false)
        let action = try #require(try await fixture.inspector.actions().actions.first)
        #expect(action.author == .program)
        #expect(action.author.name == "\(ProcessInfo.processInfo.processName)@\(ProcessInfo.processInfo.hostName)")
        #expect(action.author.channel == .program && action.reason == "")
    }

    @Test func aRefusedChangeHasItsError() async throws {
        let fixture = try await Fixture()
        await #expect(throws: SluiceError.self) { try await fixture.inspector.pause("nowhere") }
        let action = try #require(try await fixture.inspector.actions().actions.first)
        #expect(action.outcome?.error == "there is no queue 'nowhere': no job was ever enqueued in it, and no worker serves it")
        #expect(action.outcome?.tally == Action.Tally())
    }

    @Test func whatWasDoneBeforeAnErrorCounts() async throws {
        let fixture = try await Fixture()
        let failure = SluiceError(.unreachable, "gone")
        await #expect(throws: failure) {
            try await fixture.inspector.record(.jobsRetry, on: "some") { (tally) async throws(SluiceError) in
                tally.changed = 7
                throw failure
            }
        }
        let outcome = try #require(try await fixture.inspector.actions().actions.first?.outcome)
        #expect(outcome.tally.changed == 7 && outcome.error == "gone")
    }

    @Test func whatCannotBeRecordedIsNotDone() async throws {
        let fixture = try await Fixture()
        let inspector = Inspector(fixture.store.withoutLoading())
        await inspector.close()
        var isDone = false
        await #expect(throws: SluiceError.self) {
            try await inspector.record(.jobsRetry) { (_) async throws(SluiceError) in isDone = true }
        }
        #expect(!isDone)
    }

    @Test func anActionWhoseAuthorDiedHasNoOutcome() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.store.logAction(Action.fields(Self.ada, .jobsDelete, "x", "mail", reason: ""))
        try await fixture.inspector.switchDependency("tmdb", on: false)
        let actions = try await fixture.inspector.actions().actions
        #expect(actions.map(\.verb) == [.dependenciesOff, .jobsDelete])
        #expect(actions[0].outcome != nil && actions[1].outcome == nil)
    }

    @Test func aBulkChangeThatIsStoppedHasAnOutcome() async throws {
        let fixture = try await Fixture()
        for part in 0..<3 { try await fixture.enqueue((0..<700).map { "\(part).\($0)" }, due: .after(.seconds(60))) }
        let end = try await Task {
            try await fixture.inspector.change(.delete, in: "mail") { progress in
                if progress.changed > 0 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }.value
        #expect(!end.isComplete && end.changed > 0)
        let outcome = try #require(try await fixture.inspector.actions().actions.first?.outcome)
        #expect(outcome.tally.changed == end.changed)
    }

    /// A full server takes no `XADD`, and jobs have to be deleted there.
    @Test func aFullServerRecordsToo() async throws {
        let server = try await RedisTestServer.start()
        let inspector = Inspector(Store(try RedisConfiguration(url: server.url)))
        try await inspector.store.register("mail")
        _ = try await inspector.store.call(
            Enqueue(producer: "p", number: 1, jobs: [NewJob(id: id("a"), spec: Array(#"{"kind":"k"}"#.utf8))]), on: "mail")
        try await server.cli("CONFIG", "SET", "maxmemory", "1")
        #expect(try await inspector.change(.delete, ids: [id("a")], in: "mail").map(\.result) == [.deleted])
        #expect(try await inspector.actions().actions.map(\.outcome?.tally.changed) == [1])
        await inspector.close()
    }

    @Test func longTextsAreCut() async throws {
        let fixture = try await Fixture()
        let long = String(repeating: "é\u{1B}", count: 2000)
        let author = Operator(long, via: .api, from: long)
        let inspector = fixture.inspector.acting(as: author, reason: long)
        _ = try await inspector.record(.init(rawValue: long), on: long, in: "mail") { (_) async throws(SluiceError) in }
        try await inspector.change(.cancel, ids: (0..<1500).map { id("job-number-\($0)") }, in: "mail")
        let entries = try await fixture.store.actionEntries(after: "0-0", most: 10)
        #expect(entries.count == 4)
        for entry in entries { #expect(entry.fields.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } < 2000) }
        let actions = try await fixture.inspector.actions().actions
        #expect(actions[1].reason.hasSuffix("…") && actions[1].reason.utf8.count <= 500)
        #expect(actions[0].target.hasPrefix("job-number-0 job-number-1 ") && actions[0].target.hasSuffix(" more"))
        #expect(actions[0].outcome?.tally == Action.Tally(changed: 0, skipped: 1500))
    }

    @Test func theLogIsBounded() async throws {
        let fixture = try await Fixture()
        let fields = Action.fields(Self.ada, .jobsRetry, "x", "mail", reason: "")
        let words = ["XADD", fixture.store.keys.actions, "*"] + fields.flatMap { [$0.name, $0.value] }
        let entries = Array(repeating: RedisCommand(words), count: 5000)
        for _ in 0..<5 { _ = try await fixture.store.pipeline(entries, key: fixture.store.keys.actions) }
        try await fixture.inspector.switchDependency("tmdb", on: false)
        let length = try #require(try await fixture.store.command(["XLEN", fixture.store.keys.actions]).root.integer)
        // Redis removes whole nodes of at most 100 entries.
        #expect((20_000...20_200).contains(length))
    }
}
