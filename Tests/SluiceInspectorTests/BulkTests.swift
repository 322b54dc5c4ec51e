import Foundation
import SluiceCore
import SluiceStore
import Testing

@testable import SluiceInspector

/// Many jobs at once, through the inspector.
@Suite(.timeLimit(.minutes(10)))
struct BulkTests {
    /// Of 1,200 jobs in 30 lanes, 300 are scheduled; three have run and were discarded.
    private func filled() async throws -> Fixture {
        let fixture = try await Fixture()
        try await fixture.enqueue(["x1", "x2", "y1"], kind: "sick", priority: 1)
        try await fixture.join()
        let jobs = try await fixture.cycle(1, demand: 3).jobs
        let errors = [#""no row 17""#, #""no row 2048""#, #""elsewhere""#]
        try await fixture.cycle(
            2,
            zip(jobs, errors).map { Settlement(id: $0.id, fence: $0.fence, outcome: .discarded(error: $1)) })
        for lane in 0..<30 {
            try await fixture.enqueue((0..<30).map { "j\(lane)-\($0)" }, partitions: ["account": "\(lane)"])
        }
        try await fixture.enqueue((0..<300).map { "s\($0)" }, kind: "later", due: .after(.seconds(3600)))
        return fixture
    }

    @Test func aPreviewChangesNothingAndAChangeDoesWhatItSaid() async throws {
        let fixture = try await filled()
        let filter = BulkFilter(partitions: ["account": "7"])
        let preview = try await fixture.inspector.preview(.delete, where: filter, in: fixture.queue)
        #expect(preview.progress.matched == 30)
        #expect(preview.groups.map(\.count) == [30])
        let before = try await fixture.inspector.status(of: fixture.queue).states
        #expect(before[.available] == 900 && before[.scheduled] == 300)
        var told: [BulkProgress] = []
        let end = try await fixture.inspector.change(.delete, where: filter, in: fixture.queue) { told.append($0) }
        #expect(end.matched == 30 && end.changed == 30 && end.isComplete)
        #expect(told.last?.changed == 30 && end.expected == 1203)
        #expect(try await fixture.inspector.status(of: fixture.queue).states[.available] == 870)
        let all = try await fixture.inspector.change(.delete, in: fixture.queue)
        #expect(all.changed == 1173)
        #expect(try await fixture.inspector.status(of: fixture.queue).states.values.reduce(0, +) == 0)
        #expect(try await fixture.inspector.audit(fixture.queue).violations == [])
    }

    /// Available jobs that are rescheduled are scheduled ones then, which the change goes through as well.
    @Test(
        arguments: [nil, [.available, .scheduled, .retryable, .available], [.scheduled, .retryable, .available]] as [[JobState]?])
    func aRescheduleMeetsEachJobOnce(_ states: [JobState]?) async throws {
        let fixture = try await filled()
        try await fixture.stopClock()
        for seconds in [3600, 60] {
            let end = try await fixture.inspector.change(
                .reschedule(.after(.seconds(seconds))), where: BulkFilter(states: states), in: fixture.queue
            ) { _ in
                // The steps take time.
                try? await fixture.pass(milliseconds: 1)
            }
            #expect(end.changed == 1200 && end.matched == 1200 && end.looked == 1200 && end.expected == 1200)
        }
        let jobs = try await fixture.inspector.jobs(
            matching: JobFilter(queues: [fixture.queue], states: [.scheduled]), limit: 1000)
        #expect(Set(jobs.jobs.map(\.moment)).count == 1)
    }

    /// What a change stops ends in a state that the change goes through later.
    @Test func whatRanWhenADeleteBeganIsTouchedOnce() async throws {
        let fixture = try await filled()
        try await fixture.stopClock()
        let job = try #require(try await fixture.cycle(3, demand: 1).jobs.first)
        var call = 3
        let end = try await fixture.inspector.change(.delete, in: fixture.queue) { progress in
            guard call == 3 else { return }
            call += 1
            try? await fixture.pass(milliseconds: 1)
            _ = try? await fixture.cycle(
                call, demand: 0, [Settlement(id: job.id, fence: job.fence, outcome: .cancelled(error: ""))])
        }
        #expect(end.cancelling == 1 && end.changed == 1202 && end.matched == 1203)
        #expect(try await fixture.inspector.job(job.id, in: fixture.queue)?.state == .cancelled)
    }

    @Test func aRetryMeetsAJobThatFailsAgainOnce() async throws {
        let fixture = try await Fixture()
        try await fixture.join()
        try await fixture.enqueue((0..<700).map { "j\($0)" })
        try await fixture.stopClock()
        var call = 0
        func fail(_ demand: Int) async throws {
            let jobs = try await fixture.cycle(call + 1, demand: demand).jobs
            let outcome = Settlement.Outcome.retry(after: .milliseconds(1), error: #""no""#)
            call += 2
            try await fixture.cycle(call, jobs.map { Settlement(id: $0.id, fence: $0.fence, outcome: outcome) })
        }
        try await fail(700)
        let end = try await fixture.inspector.change(.retry, in: fixture.queue) { _ in
            try? await fixture.pass(milliseconds: 1)
            // Most of what is available now was retried by this change; it comes to stand before those that it has not met.
            if call < 20 { try? await fail(100) }
        }
        #expect(end.changed <= 700 && end.matched == end.changed)
    }

    @Test func whatIsNamedTwiceCountsOnce() async throws {
        let fixture = try await filled()
        let twice = BulkFilter(states: [.scheduled, .scheduled])
        #expect(try await fixture.inspector.preview(.delete, where: twice, in: fixture.queue).progress.matched == 300)
        let page = try await fixture.inspector.jobs(
            matching: JobFilter(queues: [fixture.queue, fixture.queue], states: [.discarded, .discarded]))
        #expect(page.jobs.count == 3)
        let end = try await fixture.inspector.change(.delete, where: twice, in: fixture.queue)
        #expect(end.matched == 300 && end.expected == 300 && end.changed == 300)
    }

    @Test func theLimitHolds() async throws {
        let fixture = try await filled()
        let end = try await fixture.inspector.change(
            .cancel, where: BulkFilter(kind: "email", limit: 137), in: fixture.queue)
        #expect(end.changed == 137 && end.matched == 137 && !end.isComplete)
        #expect(try await fixture.inspector.status(of: fixture.queue).states[.cancelled] == 137)
    }

    @Test func aCancelledTaskStopsBetweenSteps() async throws {
        let fixture = try await filled()
        let end = try await Task {
            try await fixture.inspector.change(.delete, in: fixture.queue) { progress in
                if progress.changed > 0 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }.value
        #expect(!end.isComplete && end.changed > 0 && end.changed < 1203)
        let left = try await fixture.inspector.status(of: fixture.queue).states.values.reduce(0, +)
        #expect(left == 1203 - end.changed)
    }

    @Test func errorsAreCountedByWhatTheyHaveInCommon() async throws {
        let fixture = try await filled()
        let errors = try await fixture.inspector.errors(in: fixture.queue)
        #expect(errors.map(\.error) == ["no row #", "elsewhere"])
        #expect(errors.map(\.count) == [2, 1])
        let end = try await fixture.inspector.change(.retry, where: BulkFilter(error: "no row"), in: fixture.queue)
        #expect(end.changed == 2)
    }

    @Test(arguments: [
        ("timeout after 30s", "timeout after #s"), ("http 503: http2 off", "http #: http# off"),
        ("job 01JD0000000000000000000000 of 550e8400-e29b-41d4-a716-446655440000", "job # of #"),
        ("deadbeef faced", "deadbeef faced"), ("", ""), ("no digits — here", "no digits — here"),
    ]) func errorsAreFolded(_ text: String, _ folded: String) {
        #expect(ErrorGroups.folded(text) == folded)
    }

    @Test func statesThatCannotBeChangedAreRefused() async throws {
        let fixture = try await Fixture()
        await #expect(throws: SluiceError.self) {
            try await fixture.inspector.change(.retry, where: BulkFilter(states: [.executing]), in: fixture.queue)
        }
        await #expect(throws: SluiceError.self) {
            try await fixture.inspector.change(.cancel, where: BulkFilter(partitions: ["a b": "1"]), in: fixture.queue)
        }
    }
}
