import Foundation
import Hiredis
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

    @Test func aCompletedJobTellsItsTimesAndItsSteps() async throws {
        let fixture = try await Fixture()
        try await fixture.stopClock()
        try await fixture.join()
        try await fixture.enqueue(["a"])
        // Between its transitions stand more of others than one page holds.
        for number in 0..<150 { try await fixture.enqueue(["other\(number)"], priority: 9) }
        let run = try await fixture.cycle(1, demand: 1).jobs[0]
        func step(_ key: String, _ result: String?) async throws {
            _ = try await fixture.store.call(
                Once(
                    worker: fixture.worker, id: run.id, fence: run.fence, key: key, token: "t-" + key,
                    result: result.map { Array($0.utf8) }), on: "mail")
        }
        try await step("charge", nil)
        try await step("charge", #"{"sum":"5 €"}"#)
        try await step("mail", nil)
        try await fixture.cycle(2, [Settlement(id: run.id, fence: run.fence, outcome: .completed(result: nil))])
        let kept = try #require(try await fixture.inspector.job(id("a"), in: "mail"))
        #expect(kept.createdAt == nil && kept.startedAt == nil && kept.endedAt != nil)
        #expect(
            kept.steps == [
                JobStep(name: "charge", token: "t-charge", result: #"{"sum":"5 €"}"#),
                JobStep(name: "mail", token: "t-mail", result: nil),
            ])
        let job = try await fixture.inspector.withTimes(kept)
        let (created, started) = (try #require(job.createdAt), try #require(job.startedAt))
        #expect(created <= started)
        let unknown = try #require(JobDetails("mail", reply: ["id": "x", "state": "completed", "spec": "{}"]))
        let gone = try await fixture.inspector.withTimes(unknown)
        #expect(gone.createdAt == nil && gone.startedAt == nil)
    }

    @Test func ofASpecThatCannotBeReadNothingIsShown() async throws {
        let fixture = try await Fixture()
        let spec = #"{"kind":"pay","partitions":"x","redact":["card"],"args":{"card":"4111-1111"}}"#
        let jobs = [NewJob(id: id("a"), spec: Array(spec.utf8))]
        _ = try await fixture.store.call(Enqueue(producer: "p", number: 1, jobs: jobs), on: "mail")
        let job = try #require(try await fixture.inspector.job(id("a"), in: "mail"))
        #expect(job.arguments == #""[unreadable]""# && job.kind.isEmpty)
        let page = try await fixture.inspector.jobs(matching: JobFilter(queues: ["mail"]))
        #expect(page.jobs.map(\.arguments) == [#""[unreadable]""#])
    }

    /// What such a job wants hidden is not known, so nothing is shown of it.
    @Test(arguments: [
        #"{"kind":"email","redact":["to"],"partitions":"x","args":{"to":"a@b.c"}}"#, #"{"args":{"to":"a@b.c"}"#, "a@b.c",
    ])
    func aSpecThatMakesNoSenseIsNotShown(_ spec: String) async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue(["a"])
        try await fixture.join()
        let run = try await fixture.cycle(1, demand: 1).jobs[0]
        let result = Array(#"{"to":"a@b.c"}"#.utf8)
        try await fixture.cycle(2, [Settlement(id: run.id, fence: run.fence, outcome: .completed(result: result))])
        _ = try await fixture.store.send(["HSET", fixture.key("spec"), "a", spec], key: fixture.key("spec"))
        let job = try #require(try await fixture.inspector.job(id("a"), in: "mail"))
        #expect(job.kind == "")
        #expect(!"\(job.json)".contains("a@b.c") && !"\(job)".contains("a@b.c"))
        #expect(job.arguments.contains("unreadable") && job.result?.contains("unreadable") == true)
        let listed = try await fixture.inspector.jobs(matching: JobFilter(queues: ["mail"])).jobs
        #expect(listed.count == 1 && listed.allSatisfy { $0.arguments.contains("unreadable") })
    }

    @Test func aResultDoesNotRepeatWhatIsHidden() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue(["a"])
        let spec = #"{"kind":"email","redact":["to"],"args":{"to":"a\"b@c","cc":"a\"b@c"}}"#
        _ = try await fixture.store.send(["HSET", fixture.key("spec"), "a", spec], key: fixture.key("spec"))
        try await fixture.join()
        let run = try await fixture.cycle(1, demand: 1).jobs[0]
        let result = Array(#"["sent to a\u0022b@c"]"#.utf8)
        try await fixture.cycle(2, [Settlement(id: run.id, fence: run.fence, outcome: .completed(result: result))])
        _ = try await fixture.store.send(["HSET", fixture.key("spec"), "a", spec], key: fixture.key("spec"))
        let job = try #require(try await fixture.inspector.job(id("a"), in: "mail"))
        #expect(job.result == #"["sent to [redacted]"]"#)
        #expect(job.arguments == #"{"to":"[redacted]","cc":"[redacted]"}"#)
    }

    @Test func whatIsNotThereIsNil() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.inspector.job(id("none"), in: "mail") == nil)
        #expect(try await fixture.inspector.jobs(withID: id("none")).isEmpty)
    }

    @Test func aJobIsFoundInWhateverQueue() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue(["a"])
        try await fixture.store.register("other")
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
