import Foundation
import SluiceCore
import SluiceInspector
import SluiceTesting
import Testing

/// Limits over worker processes that die, freeze and come, and a Redis that restarts; every instant is looked at afterwards.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct LimitTests {
    @Test func neverTooManyAtOnceWhateverHappensToWorkers() async throws {
        let load = try await Load()
        let limits = ["concurrency", "12", "concurrency/account", "2"]
        var workers: [WorkerProcess] = []
        for _ in 0..<4 { workers.append(try await load.worker(concurrency: 8, milliseconds: 20, limits: limits)) }
        try await load.enqueue(1600, accounts: 8)
        var deaths: [Int32: Int] = [:]
        var queueLimit = LimitHistory(12)
        var accountLimit = LimitHistory(2)

        for round in 1...2 {
            #expect(await load.completed(150 * round))
            let victim = workers.removeFirst()
            await victim.killAndWait()
            deaths[victim.pid] = RunHistory.now()
            workers.append(try await load.worker(concurrency: 8, milliseconds: 20, limits: limits))
        }
        try await accountLimit.change(to: 1) { try await load.inspector.override("concurrency/account", to: "1", in: load.queue) }
        #expect(await load.completed(450))
        try await accountLimit.change(to: 3) { try await load.inspector.override("concurrency/account", to: "3", in: load.queue) }
        #expect(await load.completed(600))
        let reclaimed = try await load.total("reclaimed")
        let frozen = workers[0]
        #expect(await load.queues.eventually(in: load.queue) { load.log.runs(in: frozen.pid) })
        frozen.signal(SIGSTOP)
        #expect(await load.queues.eventually(in: load.queue) { try await load.total("reclaimed") > reclaimed })
        frozen.signal(SIGCONT)
        try await queueLimit.change(to: 5) { try await load.inspector.override("concurrency", to: "5", in: load.queue) }
        #expect(await load.completed(850))
        await workers[1].killAndWait()
        deaths[workers[1].pid] = RunHistory.now()
        try await queueLimit.change(to: 12) { _ = try await load.inspector.restore("concurrency", in: load.queue) }
        try await accountLimit.change(to: 2) { _ = try await load.inspector.restore("concurrency/account", in: load.queue) }
        try await load.expectAllDone(1600)

        let history = try await RunHistory(of: load, deaths: deaths)
        #expect(history.excesses(over: queueLimit) == [])
        for account in 0..<8 { #expect(history.excesses(over: accountLimit, account: "\(account)") == []) }
        // They were used.
        #expect(history.excesses(over: LimitHistory(11)) != [])
        #expect(history.excesses(over: LimitHistory(2), account: "0") != [])
    }

    @Test func neverTooManyStartsOverProcessesAndRestarts() async throws {
        let load = try await Load(.init(aof: true))
        let period = 2000
        let limits = ["rate", "60/\(period)/20", "rate/account", "20/\(period)/20"]
        var workers: [WorkerProcess] = []
        for _ in 0..<4 { workers.append(try await load.worker(milliseconds: 5, limits: limits)) }
        try await load.enqueue(420, accounts: 5)
        #expect(await load.completed(240))
        let quiet = try await RunHistory(of: load, deaths: [:])
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
        // While nothing was in the way, almost all of it was used.
        let times = quiet.claims.map(\.time)
        let lasted = Double((times.max() ?? 0) - (times.min() ?? 0)) / Double(period * 1000)
        #expect(Double(quiet.claims.reduce(0) { $0 + $1.count }) >= 0.95 * 60 * (lasted + 1))
    }
}
