import Foundation
import SluiceCore
import SluiceInspector
import SluiceLua
import SluiceStore
import SluiceTesting
import TestSupport
import Testing

/// A fleet that goes from one build to the next under load, and back: the library on the server first, then worker by worker. See
/// `EarlierBuild` for how to try it with two real builds.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct UpgradeTests {
    @Test func workersAreReplacedOneByOneAndTheReleaseIsTakenBack() async throws {
        var fleet = try await Rollout()
        try await fleet.loadEarlier(pinned: false)
        for _ in 0..<Rollout.size { try await fleet.hire(.earlier) }
        try await fleet.work()
        try await fleet.expectLibrary(fleet.earlier.revision, isPinned: false)

        // Before a rollout, a job of the new build loads its library; workers of the old one go on with it.
        #expect(try await fleet.loadWithTool())
        try await fleet.work()
        for _ in 0..<Rollout.size { try await fleet.replaceOne(by: .present) }
        // A host with the old build that comes late, or dies and comes back, does not take it away.
        try await fleet.replaceOne(by: .earlier, byKilling: true)
        try await fleet.expectLibrary(FunctionLibrary.revision, isPinned: false)
        try await fleet.replaceOne(by: .present)
        try await fleet.expectNoViolation()

        // The release is taken back: the library first, pinned, so that workers of the new build leave it in place.
        try await fleet.loadEarlier(pinned: true)
        try await fleet.work()
        try await fleet.replaceOne(by: .present, byKilling: true)
        try await fleet.expectLibrary(fleet.earlier.revision, isPinned: true)
        for _ in 0..<Rollout.size { try await fleet.replaceOne(by: .earlier) }
        try await fleet.expectLibrary(fleet.earlier.revision, isPinned: true)
        try await fleet.expectNoViolation()

        // And forward again.
        #expect(try await fleet.loadWithTool())
        for _ in 0..<Rollout.size { try await fleet.replaceOne(by: .present) }
        try await fleet.expectLibrary(FunctionLibrary.revision, isPinned: false)
        try await fleet.expectNothingBroken()
    }

    /// No job before the rollout: the first worker of the new build brings its library.
    @Test func theFirstNewWorkerBringsTheLibrary() async throws {
        var fleet = try await Rollout()
        try await fleet.loadEarlier(pinned: false)
        for _ in 0..<Rollout.size { try await fleet.hire(.earlier) }
        try await fleet.work()
        try await fleet.replaceOne(by: .present)
        try await fleet.expectLibrary(FunctionLibrary.revision, isPinned: false)
        try await fleet.work()
        for _ in 1..<Rollout.size { try await fleet.replaceOne(by: .present) }
        try await fleet.expectNothingBroken()
    }
}

/// Worker processes of two builds with the same limits, and jobs for them.
private struct Rollout {
    /// The build that a worker comes from: this one, or one whose library is the earlier one.
    enum Build { case earlier, present }

    /// Two are a mixed fleet when one of them is replaced.
    static let size = 2
    private static let accounts = 8
    let earlier: EarlierBuild
    private let load: Load
    private var workers: [WorkerProcess] = []
    private var deaths: [Int32: Int] = [:]
    private var total = 0

    init() async throws {
        load = try await Load()
        earlier = try await EarlierBuild.read()
    }

    mutating func hire(_ build: Build) async throws {
        // Together they have more places than the limit.
        workers.append(
            try await load.worker(
                concurrency: 7, milliseconds: 20, lease: 3000, limits: ["concurrency", "10", "concurrency/account", "2"],
                through: build == .earlier ? earlier.starter : []))
    }

    /// Stops the worker that is there longest, or kills it, and starts another one. Work goes on before, between and after.
    mutating func replaceOne(by build: Build, byKilling: Bool = false) async throws {
        try await work()
        let victim = workers.removeFirst()
        if byKilling {
            await victim.killAndWait()
            deaths[victim.pid] = RunHistory.now()
        } else {
            #expect(await victim.stop())
        }
        try await hire(build)
        guard let new = workers.last else { return }
        // It has to do something; while the limit is reached, others may take the next jobs.
        for _ in 0..<100 where load.log.starts(in: new.pid) == 0 {
            try await work()
        }
        #expect(load.log.starts(in: new.pid) > 0)
    }

    /// Enqueues, and waits until some more jobs have ended; others are left, so that there is something to do at any time.
    mutating func work() async throws {
        try await load.enqueue(60, accounts: Self.accounts, from: total)
        total += 60
        let done = try await load.total("completed")
        #expect(await load.completed(min(done + 40, total - 20)))
    }

    func loadEarlier(pinned: Bool) async throws { try await earlier.load(load, pinned: pinned) }

    /// Has the tool of this build load its library. Returns whether it did.
    func loadWithTool() async throws -> Bool {
        let tool = try await ChildProcess("sluice", ["--redis", load.server.url, "library", "load"])
        return await tool.hasEndedWell()
    }

    func expectLibrary(_ revision: Int, isPinned: Bool, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let found = try await load.queues.store.libraryVersion()
        #expect(found?.revision == revision, sourceLocation: sourceLocation)
        #expect(found?.isPinned == isPinned, sourceLocation: sourceLocation)
    }

    func expectNoViolation(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let audit = try await load.inspector.audit(load.queue)
        #expect(audit.violations.map { "\($0.invariant) \($0.what)" } == [], sourceLocation: sourceLocation)
    }

    func expectNothingBroken() async throws {
        try await load.expectAllDone(total)
        // A worker that is stopped ends what it runs: only those of killed workers start again.
        let killed = Set(deaths.keys)
        let again = Set(load.startedTwice())
        let lost = Set(load.log.entries().filter { killed.contains($0.process) }.map(\.id))
        #expect(again.subtracting(lost) == [])
        let history = try await RunHistory(of: load, deaths: deaths)
        #expect(history.excesses(over: LimitHistory(10)) == [])
        for account in 0..<Self.accounts { #expect(history.excesses(over: LimitHistory(2), account: "\(account)") == []) }
        for worker in workers { #expect(await worker.stop()) }
    }
}
