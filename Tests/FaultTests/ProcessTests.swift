import Foundation
import SluiceCore
import SluiceInspector
import SluiceTesting
import TestSupport
import Testing

/// Worker processes that die, freeze and stop.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ProcessTests {
    @Test func killedAgainAndAgainUnderLoad() async throws {
        let load = try await Load()
        var workers = [try await load.worker(), try await load.worker(ack: "confirmed")]
        var total = 0
        for round in 0..<6 {
            let victim = workers.removeFirst()
            // It has to be in the middle of something.
            total += try await load.occupy(victim)
            await victim.killAndWait()
            workers.append(try await load.worker(ack: round % 2 == 0 ? "batched" : "confirmed"))
        }
        try await load.expectAllDone(total)
        #expect(try await load.total("reclaimed") > 0)
    }

    @Test func killedWithChunksThatGatherAndChunksThatRun() async throws {
        let load = try await Load()
        var workers = [try await load.worker(concurrency: 12), try await load.worker(concurrency: 12, ack: "confirmed")]
        var total = 0
        for round in 0..<3 {
            let victim = workers.removeFirst()
            total += try await load.occupy(victim, kind: "chunked")
            await victim.killAndWait()
            workers.append(try await load.worker(concurrency: 12, ack: round % 2 == 0 ? "batched" : "confirmed"))
        }
        // A rest that fills no chunk.
        try await load.enqueue(3, kind: "chunked")
        try await load.expectAllDone(total + 3)
        #expect(try await load.total("reclaimed") > 0)
    }

    @Test func aStepThatIsDoneOnceHasOneTokenWhoeverDies() async throws {
        let load = try await Load()
        var workers = [try await load.worker(milliseconds: 50), try await load.worker(milliseconds: 50)]
        var total = 0
        for _ in 0..<3 {
            let victim = workers.removeFirst()
            total += try await load.occupy(victim, kind: "charged")
            await victim.killAndWait()
            workers.append(try await load.worker())
        }
        try await load.expectAllDone(total)
        #expect(!load.startedTwice().isEmpty)
        let charges = load.log.charges()
        #expect(charges.count == total)
        #expect(charges.values.allSatisfy { Set($0).count == 1 })
        #expect(Set(charges.values.joined()).count == total)
        // Of those that ran again most had been charged, and were not asked for again.
        let again = load.startedTwice()
        #expect(again.contains { charges[$0]?.count == 1 })
    }

    @Test func aWorkerFrozenForLongerThanItsLeaseIsRefused() async throws {
        let load = try await Load()
        let frozen = try await load.worker(concurrency: 4, milliseconds: 300)
        try await load.enqueue(4)
        #expect(await load.queues.eventually(in: load.queue) { load.log.starts(in: frozen.pid) == 4 })
        frozen.signal(SIGSTOP)
        let other = try await load.worker(concurrency: 4)
        #expect(await load.completed(4))
        #expect(load.log.starts(in: other.pid) == 4)
        frozen.signal(SIGCONT)
        // Its runs end now; what they came to is refused and counted, or their handlers are cancelled before.
        #expect(await load.queues.eventually(in: load.queue) { try await load.inspector.status(of: load.queue).workers == 2 })
        try await load.enqueue(40)
        try await load.expectAllDone(44)
        #expect(try await load.total("reclaimed") == 4)
        let fences = Dictionary(grouping: load.log.entries(), by: \.id)
        for entries in fences.values where entries.contains(where: { $0.process == frozen.pid }) {
            let first = entries.filter { $0.process == frozen.pid }.map(\.fence).min() ?? 0
            let later = entries.filter { $0.process == other.pid }.map(\.fence).max() ?? .max
            #expect(first < later || entries.allSatisfy { $0.process == frozen.pid })
        }
    }

    @Test func aStoppedWorkerDrainsAndLeavesNothing() async throws {
        let load = try await Load()
        let worker = try await load.worker(concurrency: 5, milliseconds: 200)
        try await load.enqueue(50)
        #expect(await load.queues.eventually(in: load.queue) { load.log.starts(in: worker.pid) >= 5 })
        #expect(await worker.stop())
        let after = try await load.inspector.status(of: load.queue)
        #expect(after.states[.executing] == 0)
        #expect(after.workers == 0)
        #expect(after.totals["released", default: 0] == 0)
        #expect(load.log.entries().count { $0.isEnd } == after.totals["completed"])
        _ = try await load.worker()
        try await load.expectAllDone(50)
        #expect(load.startedTwice() == [])
    }

    @Test func aStopWhoseGraceIsOverGivesBack() async throws {
        let load = try await Load()
        let worker = try await load.worker(concurrency: 5, milliseconds: 60_000, grace: 100)
        try await load.enqueue(10)
        #expect(await load.queues.eventually(in: load.queue) { load.log.starts(in: worker.pid) == 5 })
        #expect(await worker.stop())
        let after = try await load.inspector.status(of: load.queue)
        #expect(after.states[.available] == 10)
        #expect(after.totals["released"] == 5)
        let other = try await load.worker()
        try await load.expectAllDone(10)
        #expect(load.log.starts(in: other.pid) == 10)
        #expect(try await load.queues.dump().keys.filter { $0.hasSuffix(":attempts") || $0.hasSuffix(":crashes") } == [])
    }
}
