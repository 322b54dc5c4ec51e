import Foundation
import SluiceCore
import SluiceInspector
import SluiceTesting
import TestSupport
import Testing

/// Limits over worker processes that die, freeze and come, and a Redis that restarts; every instant is looked at afterwards.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct LimitTests {
    @Test func neverTooManyAtOnceWhateverHappensToWorkers() async throws {
        let load = try await Load()
        let crew = Crew(load: load, limits: ["concurrency", "12", "concurrency/account", "2"])
        for _ in 0..<4 { try await crew.hire() }
        var queueLimit = LimitHistory(12)
        var accountLimit = LimitHistory(2)

        for _ in 1...2 {
            try await crew.work()
            try await crew.killOne()
            try await crew.hire()
        }
        try await accountLimit.change(to: 1) { try await crew.override("concurrency/account", "1") }
        try await crew.work()
        try await accountLimit.change(to: 3) { try await crew.override("concurrency/account", "3") }
        try await crew.work()
        try await crew.freezeOne()
        try await queueLimit.change(to: 5) { try await crew.override("concurrency", "5") }
        try await crew.work()
        try await crew.killOne()
        try await queueLimit.change(to: 12) { _ = try await load.inspector.restore("concurrency", in: load.queue) }
        try await accountLimit.change(to: 2) { _ = try await load.inspector.restore("concurrency/account", in: load.queue) }
        try await crew.work()
        try await load.expectAllDone(crew.total)

        let history = try await RunHistory(of: load, deaths: crew.deaths)
        #expect(history.excesses(over: queueLimit) == [])
        for account in 0..<Crew.accounts { #expect(history.excesses(over: accountLimit, account: "\(account)") == []) }
        // They were used; how far is up to the machine.
        #expect(history.excesses(over: LimitHistory(6)) != [])
        #expect((0..<Crew.accounts).contains { history.excesses(over: LimitHistory(1), account: "\($0)") != [] })
    }

    @Test func neverTooManyStartsOverProcessesAndRestarts() async throws {
        let load = try await Load(.init(aof: true))
        let period = 2000
        let limits = ["rate", "60/\(period)/20", "rate/account", "20/\(period)/20"]
        var workers: [WorkerProcess] = []
        for _ in 0..<4 { workers.append(try await load.worker(milliseconds: 5, limits: limits)) }
        try await load.enqueue(420, accounts: 5)
        #expect(await load.completed(240))
        await workers.removeFirst().killAndWait()
        try await load.server.restart()
        workers.append(try await load.worker(milliseconds: 5, limits: limits))
        #expect(await load.completed(300))
        #expect(await workers.removeFirst().stop())
        workers.append(try await load.worker(milliseconds: 5, ack: "confirmed", limits: limits))
        #expect(await load.completed(360))
        try await load.server.restart()
        try await load.expectAllDone(420)

        let history = try await RunHistory(of: load, deaths: [:])
        #expect(history.claims.reduce(0) { $0 + $1.count } >= 420)
        #expect(history.mostClaims(in: period) <= 60)
        for account in 0..<5 {
            let starts = history.runs.filter { $0.account == "\(account)" }.map(\.claimed).sorted()
            for (first, last) in zip(starts, starts.dropFirst(20)) { #expect(last - first >= period * 1000) }
        }
    }

    /// Time stands still until all that may start has started: what is left unused is not a slow machine's doing.
    @Test func almostAllOfARateIsUsedOverProcessesAndRestarts() async throws {
        let load = try await Load(.init(aof: true), clock: .virtual)
        let (allowance, period, step, periods) = (60, 10_000, 200, 8)
        func worker() async throws -> WorkerProcess {
            try await load.worker(
                milliseconds: 0, lease: 86_400_000, limits: ["rate", "\(allowance)/\(period)/\(period * 3 / 100)"])
        }
        var workers: [WorkerProcess] = []
        for _ in 0..<4 { workers.append(try await worker()) }
        try await load.enqueue(allowance * periods * 2)
        for time in stride(from: 0, to: period * periods, by: step) {
            let isUsed = await load.queues.eventually(in: load.queue) {
                let limits = try await load.inspector.limits(of: load.queue)
                return limits.running == 0 && limits.nextStart.map { $0 > .zero } == true
            }
            #expect(isUsed, "at \(time) ms")
            if !isUsed { return }
            if time == 3 * period {
                await workers.removeFirst().killAndWait()
                workers.append(try await worker())
            }
            if time == 5 * period { try await load.server.restart() }
            try await load.queues.advance(by: .milliseconds(step))
        }
        let used = try await load.total("completed")
        #expect(used >= allowance * periods * 95 / 100 && used <= allowance * (periods + 1), "\(used)")
        #expect(try await load.inspector.audit(load.queue).violations.isEmpty)
    }
}

/// Worker processes with the same limits, and jobs for them.
private final class Crew {
    static let accounts = 8

    /// Jobs enqueued so far.
    private(set) var total = 0
    /// When processes were gone that were killed.
    private(set) var deaths: [Int32: Int] = [:]
    private var workers: [WorkerProcess] = []
    private let load: Load
    private let limits: [String]

    init(load: Load, limits: [String]) {
        self.load = load
        self.limits = limits
    }

    func hire() async throws {
        workers.append(try await load.worker(concurrency: 8, milliseconds: 20, limits: limits))
    }

    func override(_ name: String, _ value: String) async throws {
        try await load.inspector.override(name, to: value, in: load.queue)
    }

    /// Waits until a hundred more jobs have ended, when there are more than that.
    func work() async throws {
        try await load.enqueue(200, accounts: Self.accounts, from: total)
        total += 200
        let done = try await load.total("completed")
        #expect(await load.completed(min(done + 100, total - 50)))
    }

    func killOne() async throws {
        let victim = workers.removeFirst()
        await victim.killAndWait()
        deaths[victim.pid] = RunHistory.now()
    }

    /// The worker that holds most jobs, if any holds some.
    private func busiest() async throws -> WorkerProcess? {
        var (most, found) = (0, WorkerProcess?.none)
        for worker in workers {
            let held = try await load.held(by: worker)
            if held > most { (most, found) = (held, worker) }
        }
        return found
    }

    /// Freezes a worker in the middle of something until that is taken from it.
    func freezeOne() async throws {
        let before = try await load.total("reclaimed")
        for _ in 0..<60 {
            try await work()
            // While the limit is reached, those that hold jobs take the next ones too, and others may wait for long.
            guard let frozen = try await busiest() else { continue }
            frozen.signal(SIGSTOP)
            // What it holds is taken from it, unless its last call had settled all.
            let isOver = await load.queues.eventually(in: load.queue) {
                let isIdle = try await load.held(by: frozen) == 0
                return try await load.total("reclaimed") > before || isIdle
            }
            #expect(isOver)
            frozen.signal(SIGCONT)
            if try await load.total("reclaimed") > before { return }
        }
        Issue.record("nothing was taken from a frozen worker")
    }
}
