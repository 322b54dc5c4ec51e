import Foundation
import SluiceCore
import SluiceStore
import Testing

@testable import SluiceInspector

@Suite(.timeLimit(.minutes(10)))
struct JobDetailsTests {
    @Test func aFailedRunIsToldWithItsError() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue(["a"], priority: 2, partitions: ["account": "42"])
        try await fixture.join()
        let waiting = try #require(try await fixture.inspector.job(id("a"), in: "mail"))
        #expect(waiting.state == .available)
        #expect(waiting.kind == "email")
        #expect(waiting.arguments == #"{"to":"a@b.c"}"#)
        #expect(waiting.partitions == ["account": "42"])
        #expect(waiting.lane == "account=42")
        #expect(waiting.priority == 2)
        #expect(waiting.maxAttempts == 3)
        #expect(waiting.createdAt != nil)

        let run = try await fixture.cycle(1, demand: 1).jobs[0]
        _ = try await fixture.store.call(
            Progress(worker: fixture.worker, id: run.id, fence: run.fence, fraction: 0.25, note: "half \"way\""), on: "mail")
        let executing = try #require(try await fixture.inspector.job(id("a"), in: "mail"))
        #expect(executing.state == .executing)
        #expect(executing.run?.fence == run.fence)
        #expect(executing.run?.worker == fixture.worker)
        #expect(executing.run?.attempt == 1)
        #expect(executing.progress?.fraction == 0.25)
        #expect(executing.progress?.note == "half \"way\"")

        try await fixture.cycle(
            2, [Settlement(id: run.id, fence: run.fence, outcome: .retry(after: .seconds(3600), error: #"{"message":"boom"}"#))])
        let retryable = try #require(try await fixture.inspector.job(id("a"), in: "mail"))
        #expect(retryable.state == .retryable)
        #expect(retryable.attempts == 1)
        #expect(retryable.failures.map(\.message) == ["boom"])
        #expect(retryable.failures.first?.error == #"{"message":"boom"}"#)
        #expect(retryable.failures.first?.attempt == 1)
        #expect(retryable.failures.first?.worker == fixture.worker.text)
        let wait = try #require(retryable.dueAt).age(at: retryable.time)
        #expect(wait < .seconds(-3000) && wait >= .seconds(-3600))
        #expect(retryable.createdAt == waiting.createdAt)
    }

    @Test func whatIsNotThereIsNil() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.inspector.job(id("none"), in: "mail") == nil)
        #expect(try await fixture.inspector.jobs(withID: id("none")).isEmpty)
    }

    @Test func aJobIsFoundInWhateverQueue() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue(["a"])
        try await fixture.inspector.pause("other")
        #expect(try await fixture.inspector.jobs(withID: id("a")).map(\.queue) == ["mail"])
    }

    @Test(arguments: [
        (#"{"at":5,"attempt":2,"worker":"w","error":"boom"}"#, "boom", 2, []),
        (#"{"at":5,"attempt":2,"worker":"w","error":""}"#, "", 2, []),
        (#"{"at":5,"attempt":2,"worker":"w","error":{"message":"boom","type":"T"}}"#, "boom", 2, []),
        (#"{"at":5,"attempt":2,"worker":"w","error":{"code":7}}"#, #"{"code":7}"#, 2, []),
        (#"{"at":5,"attempt":1,"worker":"w","host":"h","error":"died","died_with":["b","c"]}"#, "died", 1, ["b", "c"]),
        (#"{"died_with":{},"at":5,"attempt":1,"worker":"w","error":"died"}"#, "died", 1, []),
    ]) func errorsAreRead(line: String, message: String, attempt: Int, others: [String]) throws {
        let failure = try #require(JobFailure(line: line))
        #expect(failure.message == message)
        #expect(failure.attempt == attempt)
        #expect(failure.diedWith == others)
        #expect(failure.at == Date(milliseconds: 5))
    }

    @Test(arguments: ["", "{", "nonsense", "[]"]) func whatIsNoErrorIsNotRead(line: String) {
        #expect(JobFailure(line: line) == nil)
    }

    @Test(arguments: [
        "1700000000000000 w 2 1700000000000 2814749767106560", "1700000000000000 w 2 1700000000000 2814749767106560 ",
    ])
    func aRecordMayHaveNoLane(record: String) throws {
        let run = try #require(JobRun(record: record))
        #expect(run.fence.description == "1700000000000000")
        #expect(run.worker.text == "w")
        #expect(run.attempt == 2)
        #expect(run.startedAt == Date(milliseconds: 1_700_000_000_000))
        #expect(JobRun(record: "1 w 2") == nil)
    }
}
