import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

private struct Flaky: Job {
    static let kind = "flaky"
    static let options = JobOptions(queue: "load", maxAttempts: 5, retry: .fixed(.seconds(2)))
    var number = 0
}

private struct Tick: Job {
    static let kind = "tick"
    static let options = JobOptions(queue: "load")
}

private struct Failure: Error {}

/// A real server, whose clock is forty days ahead for some seconds and is then set right.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ClockFaultTests {
    @Test(.enabled(if: MovableClock.compiler != nil, "needs a C compiler, such as cc, to build a clock that can be moved"))
    func whatWasWrittenWhileTheClockWasAheadDoesNotWaitForIt() async throws {
        let clock = try await MovableClock()
        var options = RedisTestServer.Options()
        options.searchPath = clock.directory
        let load = try await Load(options)
        let ticks = Occurrences()
        let failures = Occurrences()
        let worker = Worker(load.client, queues: [Queue("load", concurrency: 4)])
        worker.handle(Tick.self) { _, _ in ticks.add() }
        worker.handle(Flaky.self) { _, context in
            if context.attempt == 1 {
                failures.add()
                throw Failure()
            }
        }
        try await load.client.crontab(of: "load").add(Cron("beat", schedule: "@every 1s", job: Tick()))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            await ticks.wait(for: 2)
            let kept = try await load.client.enqueue(Flaky()) { $0.delay = .seconds(80 * 86_400) }

            try clock.set(ahead: .seconds(40 * 86_400))
            let before = ticks.count
            await ticks.wait(for: before + 2)
            let failing = try await load.client.enqueue(Flaky(number: 1))
            let soon = try await load.client.enqueue(Flaky(number: 2)) { $0.delay = .seconds(3) }
            await failures.wait(for: 1)
            #expect(await load.queues.eventually(in: "load") { try await load.total("retried") > 0 })

            try clock.set(ahead: .zero)
            #expect(await load.queues.eventually(in: "load") { try await load.total("rewound") > 0 })
            let since = ticks.count
            await ticks.wait(for: since + 3)
            for id in [failing, soon] {
                #expect(
                    await load.queues.eventually(in: "load") {
                        try await load.inspector.job(id.id, in: "load")?.state == .completed
                    })
            }
            let due = try #require(try await load.inspector.job(kept.id, in: "load")?.dueAt)
            #expect(due > Date().addingTimeInterval(79 * 86_400))
            #expect(try await load.inspector.audit("load").violations.map(\.what) == [])
            let problems = try await load.inspector.diagnose("load").findings.filter { $0.severity == .problem }
            #expect(problems.map(\.code).filter { $0.hasPrefix("queue.") } == [])
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
