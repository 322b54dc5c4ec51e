import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// Messages that a worker cannot read: of a newer version, or written by something else.
@Suite(.timeLimit(.minutes(10)))
struct UnreadableMessageTests {
    private func key(_ name: String, _ fixture: Fixture) -> String { fixture.queues.base("work") + ":" + name }

    /// They are logged once and set aside, those beside them are carried, the doctor shows them, and his cure ends them.
    @Test func theyAreSetAsideAndShownAndCured() async throws {
        let fixture = try await Fixture()
        let log = LogRecorder()
        let worker = fixture.worker(log: log)
        worker.handle(Numbered.self) { (job, _) -> Int in job.number }
        _ = try await fixture.queues.command("HSET", key("messages", fixture), "17", "riddle.x 1", "18", "slot.work melted a")
        _ = try await fixture.queues.command("ZADD", key("outbox", fixture), "1", "17", "1", "18")
        try await fixture.running(worker) {
            let areAside = await fixture.queues.eventually(in: fixture.queue) {
                try await fixture.queues.dump().keys.contains { $0.hasSuffix(":aside") }
            }
            #expect(areAside)
            // What comes behind them is carried.
            let first = try await fixture.enqueue(1)
            let second = try await fixture.enqueue(2) { $0.after = FollowUp(JobHandle(first, in: "work")) }
            #expect(await fixture.becomes(second, .completed))
        }
        #expect(log.all.filter { $0.contains("set aside") }.count == 1, "\(log.all)")
        let findings = try await fixture.inspector.diagnose().parts.flatMap(\.findings)
        let unreadable = findings.filter { $0.code == "queue.messages_unreadable" }
        #expect(unreadable.count == 2)
        _ = try await fixture.queues.command("FCALL", "sluice_drop_messages", "1", fixture.queues.base("work"), "17", "18")
        #expect(try await fixture.leftovers() == [])
        #expect(try await fixture.queues.dump().keys.filter { $0.hasSuffix(":messages") || $0.hasSuffix(":aside") } == [])
    }
}
