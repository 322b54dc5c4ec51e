import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWorker
import Synchronization
import TestSupport
import Testing

/// A purge of many jobs while others put jobs in and take them out.
@Suite(.timeLimit(.minutes(10)))
struct BulkLoadTests {
    private static let jobs = 100_000
    private static let others = 2_000

    @Test func nothingIsLostBesideAPurge() async throws {
        let fixture = try await Fixture(.server)
        let runs = Mutex(0)
        let worker = fixture.worker(50)
        worker.handle(Numbered.self) { (_, _) -> Int in
            runs.withLock { $0 += 1 }
            return 0
        }
        try await fixture.client.enqueue((0..<Self.jobs).lazy.map { Numbered(number: $0) })
        let purge = try await fixture.running(worker) {
            async let added: Void = {
                for number in 0..<Self.others { _ = try await fixture.enqueue(number) }
            }()
            let filter = BulkFilter(states: [.available])
            let purge = try await fixture.inspector.change(.delete, where: filter, in: fixture.queue)
            try await added
            let isOver = await fixture.queues.eventually(in: fixture.queue, within: .seconds(120)) {
                let status = try await fixture.inspector.status(of: fixture.queue)
                return status.states[.available] == 0 && status.states[.executing] == 0
            }
            #expect(isOver)
            return purge
        }
        #expect(purge.isComplete && purge.changed > 0 && purge.changed <= Self.jobs && purge.refused == 0)
        let status = try await fixture.inspector.status(of: fixture.queue)
        #expect(status.totals["enqueued"] == Self.jobs + Self.others)
        #expect(status.totals["completed", default: 0] + purge.changed == Self.jobs + Self.others)
        #expect(runs.withLock { $0 } == status.totals["completed"])
        #expect(try await fixture.inspector.audit(fixture.queue).violations == [])
    }
}
