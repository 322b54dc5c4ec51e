import Foundation
import SluiceCore
import SluiceStore
import Testing

@testable import SluiceInspector

@Suite(.timeLimit(.minutes(10)))
struct QueueStatusTests {
    @Test func theReplyIsRead() {
        let status = QueueStatus(
            "mail",
            reply: [
                "available": "3", "executing": "1", "completed": "2", "oldest_available_ms": "1500", "lanes": "2", "workers": "4",
                "suspended": "2", "oldest_suspended_ms": "70", "depth": "9", "cron_late_ms": "900",
                "paused": "1700000000123 a deploy", "now": "1700000060000", "keeps_completed": "1000 3600000",
                "total_enqueued": "6", "total_completed": "2",
            ])
        #expect(status.states[.available] == 3)
        #expect(status.states.count == JobState.allCases.count)
        #expect(status.oldestAvailable == .milliseconds(1500))
        #expect(status.oldest == [.available: .milliseconds(1500), .suspended: .milliseconds(70)])
        #expect(status.waiting == 5 && status.depthLimit == 9)
        #expect(status.cronDelay == .milliseconds(900))
        #expect(status.pause == QueueStatus.Pause(reason: "a deploy", since: Date(milliseconds: 1_700_000_000_123)))
        #expect(status.pause?.since.age(at: status.time) == .milliseconds(59_877))
        #expect(status.retention == [.completed: QueueStatus.Retention(count: 1000, age: .seconds(3600))])
        #expect(status.totals == ["enqueued": 6, "completed": 2])
        #expect(!status.isUnused)
    }

    @Test func aQueueThatNobodyUsedHasZeros() async throws {
        let fixture = try await Fixture()
        let status = try await fixture.inspector.status(of: "nothing")
        #expect(status.isUnused)
        #expect(status.states.values.allSatisfy { $0 == 0 })
        #expect(status.pause == nil)
        #expect(try await fixture.inspector.status().isEmpty)
    }

    @Test func pausesAreSeenAndEnd() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.inspector.pause("mail", reason: "a deploy", mayBeNew: true))
        #expect(try await !fixture.inspector.pause("mail", reason: "another"))
        let paused = try await fixture.inspector.status()
        #expect(paused.map(\.queue) == ["mail"])
        #expect(paused.first?.pause?.reason == "another")
        #expect(try await fixture.inspector.resume("mail"))
        #expect(try await !fixture.inspector.resume("mail"))
        #expect(try await fixture.inspector.status(of: "mail").pause == nil)
    }

    @Test func aPauseOfAMistypedQueueIsRefusedAndMakesNone() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue(["a"])
        let inspector = fixture.inspector
        let changes: [() async throws -> Void] = [
            { try await inspector.pause("mial") }, { try await inspector.resume("mial") },
            { try await inspector.override("concurrency", to: "1", in: "mial") },
            { try await inspector.restore("concurrency", in: "mial") },
            { try await inspector.switchDependency("smtp", on: false, in: "mial") },
        ]
        for change in changes {
            let error = await #expect(throws: SluiceError.self) { try await change() }
            #expect(error?.code == .invalidArgument && error?.message.hasPrefix("there is no queue 'mial': no job was") == true)
        }
        #expect(try await fixture.inspector.queues() == ["mail"])
        #expect(try await fixture.inspector.status(of: "mial").pause == nil)
    }

    @Test func oneThatIsFirstUsedLaterIsMadeAndListedWhereThatIsMeant() async throws {
        let fixture = try await Fixture()
        try await fixture.inspector.pause("a", mayBeNew: true)
        try await fixture.inspector.override("concurrency", to: "1", in: "b", mayBeNew: true)
        try await fixture.inspector.switchDependency("smtp", on: false, in: "c", mayBeNew: true)
        #expect(try await fixture.inspector.queues() == ["a", "b", "c"])
        #expect(try await fixture.inspector.limits(of: "b").overrides.count == 1)
    }

    @Test func whatIsSwitchedEverywhereIsSoInQueuesThatAreListedAndNotYetUsed() async throws {
        let fixture = try await Fixture()
        try await fixture.store.register("mail")
        let result = try await fixture.inspector.switchDependency("smtp", on: false)
        #expect(result.queues == ["mail"])
        #expect(try await fixture.inspector.dependencies(of: "mail").map(\.name) == ["smtp"])
    }

    @Test func jobsAreCountedByState() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue(["a", "b", "c"])
        try await fixture.enqueue(["d"], due: .after(.seconds(600)))
        try await fixture.join()
        let claimed = try await fixture.cycle(1, demand: 2).jobs
        try await fixture.cycle(
            2, [Settlement(id: claimed[0].id, fence: claimed[0].fence, outcome: .completed(result: nil))])
        let status = try await fixture.inspector.status(of: "mail")
        #expect(status.states[.available] == 1)
        #expect(status.states[.executing] == 1)
        #expect(status.states[.scheduled] == 1)
        #expect(status.states[.completed] == 1)
        #expect(status.workers == 1)
        #expect(status.totals["enqueued"] == 4)
        #expect(status.totals["completed"] == 1)
        let history = try await fixture.inspector.history(of: "mail", last: .seconds(120))
        #expect(history.count("enqueued") == 4)
        let known = try await fixture.inspector.history(upTo: status, last: .seconds(120))
        #expect(known.count("enqueued") == 4 && known.time == status.time)
        let workers = try await fixture.inspector.workers()
        #expect(workers.map(\.worker) == [fixture.worker])
        #expect(workers.first?.jobs == 1)
        #expect(workers.first?.info.contains("\"concurrency\":4") == true)
        #expect((workers.first?.lease ?? .zero) > .seconds(3600))
    }
}
