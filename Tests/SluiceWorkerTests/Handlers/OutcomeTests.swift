import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// How a handler ends a run, and what becomes of the job: a worker in this process, time in the test's hands.
@Suite(.timeLimit(.minutes(10)))
struct OutcomeTests {
    @Test func aResultIsKeptAndObserversAreToldOnce() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        worker.handle(Numbered.self) { job, _ in job.number * 2 }
        let told = Recorder<ProcessedJob>()
        worker.afterProcess { told.add($0) }
        worker.afterProcess { _ in throw Failure() }
        let id = try await fixture.running(worker) {
            let id = try await fixture.enqueue(21)
            #expect(await fixture.becomes(id, .completed))
            await told.happened.wait()
            return id
        }
        #expect(try await fixture.details(id)?.result == "42")
        #expect(told.all.count == 1)
        let job = try #require(told.all.first)
        #expect(job.id == id && job.kind == "numbered" && job.state == .completed && job.attempt == 1 && job.error == nil)
        #expect(job.output == Array("42".utf8))
        #expect(try await fixture.leftovers() == [])
    }

    @Test func aThrownErrorIsRetriedByThePolicyUntilTheLastAttempt() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        let attempts = Recorder<Int>()
        worker.handle(Numbered.self) { (_, context) -> Int in
            attempts.add(context.attempt)
            throw Garbage(description: "attempt \(context.attempt) \"failed\"\n")
        }
        let states = Recorder<JobState>()
        worker.afterProcess { states.add($0.state) }
        let id = try await fixture.running(worker) {
            let id = try await fixture.enqueue()
            for attempt in 1...3 {
                await states.happened.wait(for: attempt)
                if attempt < 3 {
                    #expect(await fixture.becomes(id, .retryable))
                    // Nothing runs before its time.
                    try await fixture.queues.advance(by: .milliseconds(9999))
                    #expect(attempts.all.count == attempt)
                    try await fixture.queues.advance(by: .milliseconds(1))
                }
            }
            #expect(await fixture.becomes(id, .discarded))
            return id
        }
        #expect(attempts.all == [1, 2, 3])
        #expect(states.all == [.retryable, .retryable, .discarded])
        let details = try #require(try await fixture.details(id))
        #expect(details.failures.map(\.attempt) == [1, 2, 3])
        #expect(details.failures.first?.message.contains("attempt 1 \"failed\"") == true)
        #expect(try await fixture.leftovers() == [])
    }

    /// The policy's wait is ten seconds.
    @Test(arguments: [(-60, 10), (0, 10), (3, 10), (25, 25)])
    func whatAnErrorAsksForLengthensTheWaitAndNeverShortensIt(asked: Int, expected: Int) async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        worker.handle(Numbered.self) { (_, context) -> Int in
            if context.attempt == 1 { throw Throttled(retryAfter: .seconds(asked)) }
            return 1
        }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue()
            #expect(await fixture.becomes(id, .retryable))
            let details = try #require(try await fixture.details(id))
            #expect(details.dueAt?.timeIntervalSince(details.time) == Double(expected))
            try await fixture.queues.advance(by: .seconds(expected))
            #expect(await fixture.becomes(id, .completed))
        }
    }

    /// A handler that always asks for no wait runs once a second, not as often as it can.
    @Test func noSnoozeIsALoop() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        let runs = Recorder<Int>()
        worker.handle(Numbered.self) { (_, _) -> Outcome<Int> in
            runs.add(1)
            return runs.all.count.isMultiple(of: 2) ? .snooze(for: .zero) : .snooze(for: .seconds(-5))
        }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue()
            for run in 1...5 {
                await runs.happened.wait(for: run)
                #expect(await fixture.becomes(id, .scheduled))
                try await fixture.queues.advance(by: .milliseconds(999))
                #expect(try await fixture.state(id) == .scheduled)
                #expect(runs.all.count == run)
                try await fixture.queues.advance(by: .milliseconds(1))
            }
        }
    }

    @Test func snoozesCostNoAttempt() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        let runs = Recorder<Int>()
        worker.handle(Numbered.self) { (_, context) -> Outcome<Int> in
            runs.add(context.attempt)
            switch runs.all.count {
            case 1: return .snooze(for: .seconds(5))
            case 2: throw JobInterruption.snooze(for: .seconds(5))
            default: return .completed(runs.all.count)
            }
        }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue()
            for run in 1...2 {
                await runs.happened.wait(for: run)
                #expect(await fixture.becomes(id, .scheduled))
                try await fixture.queues.advance(by: .seconds(5))
            }
            #expect(await fixture.becomes(id, .completed))
        }
        #expect(runs.all == [1, 1, 1])
    }

    @Test func cancelAndDiscardAsValuesAndThrown() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        worker.handle(Numbered.self) { (job, _) -> Outcome<Int> in
            switch job.number {
            case 0: return .cancel(reason: "no need")
            case 1: return .discard(reason: "no sense")
            case 2: throw JobInterruption.cancel(reason: "no need")
            default: throw JobInterruption.discard(reason: "no sense")
            }
        }
        try await fixture.running(worker) {
            for (number, state) in [JobState.cancelled, .discarded, .cancelled, .discarded].enumerated() {
                let id = try await fixture.enqueue(number)
                #expect(await fixture.becomes(id, state))
                let message = try await fixture.details(id)?.failures.first?.message ?? ""
                #expect(message.contains(state == .cancelled ? "no need" : "no sense"))
            }
        }
        #expect(try await fixture.leftovers() == [])
    }

    @Test func theJobsOwnLimitsComeBeforeItsKinds() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        worker.handle(Numbered.self) { (_, context) -> Int in
            #expect(context.maxAttempts == 1)
            throw Failure()
        }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue { $0.maxAttempts = 1 }
            #expect(await fixture.becomes(id, .discarded))
        }
    }

    @Test func aResultAboveTheLimitIsAFailureAndHarmsNoOther() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        worker.handleOthers { _, context in
            .completed(JSONOutput(text: context.kind == "huge" ? Array(repeating: 0x31, count: 20 << 20) : Array("1".utf8)))
        }
        try await fixture.running(worker) {
            let huge = try await fixture.client.enqueue(
                JobRequest(kind: "huge", queue: fixture.queue, arguments: "{}")
            ).id
            let small = try await fixture.enqueue()
            #expect(await fixture.becomes(huge, .retryable))
            #expect(await fixture.becomes(small, .completed))
            #expect(try await fixture.details(huge)?.failures.first?.message.contains("above the limit") == true)
        }
    }

    @Test func argumentsThatAreNotTheKindsAreAFailure() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker()
        worker.handle(Numbered.self) { _, _ in 1 }
        try await fixture.running(worker) {
            for arguments in [#"{"number":"x"}"#, "null", "[[[]]]", "1e400"] {
                let request = try JobRequest(kind: "numbered", queue: fixture.queue, arguments: arguments)
                let id = try await fixture.client.enqueue(request).id
                #expect(await fixture.becomes(id, .retryable), "\(arguments)")
            }
            // Written by hand, and no spec at all.
            let broken = try await fixture.queues.broken(in: fixture.queue, spec: #"{"args":{}}"#)
            #expect(await fixture.becomes(broken, .discarded))
            // A timeout beyond all bounds.
            let spec = #"{"kind":"numbered","timeout_ms":9223372036854775807,"max_attempts":0,"args":{"number":1}}"#
            let long = try await fixture.queues.broken(in: fixture.queue, spec: spec)
            #expect(await fixture.becomes(long, .completed))
        }
    }
}
