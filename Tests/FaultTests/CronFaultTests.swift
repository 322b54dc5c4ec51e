import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import TestSupport
import Testing

/// Worker processes that fire what recurs, and are killed while they do.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct CronFaultTests {
    @Test func eachTickFiresOnceWhoeverDies() async throws {
        let load = try await Load()
        let crontab = load.client.crontab(of: load.queue)
        var request = try JobRequest(kind: "load", queue: load.queue, arguments: "1")
        request.maxAttempts = 5
        try await crontab.add(Cron("beat", schedule: "@every 1s", request: request, catchUp: .all(limit: 1000), limit: 12))
        var workers: [WorkerProcess] = []
        for _ in 0..<4 { workers.append(try await load.worker(milliseconds: 1)) }
        var random = SplitMix(seed: UInt64.random(in: .min ... .max))
        var kills = 0
        // At the moment at which a tick is seen to have fired, or its job to have run, somebody dies, mostly whoever did it.
        while try await load.total("enqueued") < 11, kills < 30 {
            let name = kills % 2 == 0 ? "enqueued" : "completed"
            let before = try await load.total(name)
            #expect(await load.queues.eventually(in: load.queue) { try await load.total(name) > before }, "after \(kills) kills")
            let victim = workers.remove(at: Int(random.next() % 4))
            await victim.killAndWait()
            kills += 1
            workers.append(try await load.worker(milliseconds: 1))
        }
        #expect(kills > 5)
        #expect(await load.completed(12))
        let history = try #require(try await load.inspector.cronHistory(of: "beat", in: load.queue))
        #expect(history.map(\.outcome) == Array(repeating: .enqueued, count: 12))
        // No second is left out, none comes twice, and the ids are those of the ticks.
        let ticks = history.map { Int($0.tick.timeIntervalSince1970) }.sorted()
        let first = try #require(ticks.first)
        #expect(ticks == Array(first..<first + 12))
        #expect(Set(history.compactMap(\.job)).count == 12)
        for tick in history {
            let time = tick.tick.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
            #expect(tick.job?.text == "cron:beat:\(time)")
        }
        try await load.expectAllDone(12)
        let entry = try await load.inspector.cron(of: load.queue).first
        #expect(entry?.runs == 12 && entry?.finished != nil)
    }
}
