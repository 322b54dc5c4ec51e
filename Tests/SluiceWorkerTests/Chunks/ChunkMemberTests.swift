import Logging
import ServiceLifecycle
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// What becomes of the members of a chunk.
@Suite(.timeLimit(.minutes(10)))
struct ChunkMemberTests {
    /// Longer than a test runs: chunks of it run when they are full.
    private static let never = Duration.seconds(3600)

    @Test func eachMemberHasAnOutcomeOfItsOwn() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(8)
        let told = Recorder<ProcessedJob>()
        worker.handleChunk(Numbered.self, size: 8, within: Self.never) { chunk in
            let members = chunk.members.sorted { $0.job.number < $1.job.number }
            #expect(members[0].settle(.discard(reason: "no sense")))
            // The first word counts.
            #expect(!members[0].settle(.completed(9)))
            #expect(!members[0].isOpen)
            #expect(members[1].fail(Failure()))
            #expect(!members[1].fail(Failure()))
            return [
                members[0].id: .completed(10), members[2].id: .completed(12), members[3].id: .retry(reason: "again"),
                members[4].id: .snooze(for: .seconds(5)), members[5].id: .cancel(reason: "no more"),
                members[6].id: .discard(reason: "nor this"), JobID(known: "who"): .completed(1),
            ]
        }
        worker.afterProcess { told.add($0) }
        let ids = try await fixture.enqueue(numbers: 0..<8)
        try await fixture.running(worker) { await told.happened.wait(for: 8) }
        let states: [JobState] = [
            .discarded, .retryable, .completed, .retryable, .scheduled, .cancelled, .discarded, .retryable,
        ]
        for (id, state) in zip(ids, states) { #expect(try await fixture.state(id) == state) }
        #expect(
            Dictionary(uniqueKeysWithValues: told.all.map { ($0.id, $0.state) })
                == Dictionary(uniqueKeysWithValues: zip(ids, states)))
        #expect(try await fixture.details(ids[2])?.result == "12")
        #expect(try await fixture.details(ids[1])?.failures.first?.error.contains("Failure") == true)
        #expect(try await fixture.details(ids[7])?.failures.first?.message.contains("gave it no outcome") == true)
        #expect(try await fixture.details(ids[4])?.attempts == 0)
        #expect(try await fixture.leftovers() == [])
    }

    @Test func whatTheHandlerThrowsIsTheFailureOfThoseWithoutAnOutcome() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(4)
        let told = Recorder<JobID>()
        worker.handleChunk(Plain.self, size: 4, within: Self.never) { chunk in
            for member in chunk.members where member.job.number < 2 { member.settle(.completed(NoOutput())) }
            throw Failure()
        }
        worker.afterProcess { told.add($0.id) }
        try await fixture.running(worker) {
            _ = try await fixture.client.enqueue((0..<4).map { Plain(number: $0) })
            await told.happened.wait(for: 4)
        }
        let status = try await fixture.inspector.status(of: fixture.queue)
        #expect(status.states[.completed] == 2)
        #expect(status.states[.retryable] == 2)
    }

    @Test func aThrownWishIsThatOfEachMember() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(3)
        worker.handleChunk(Plain.self, size: 3, within: Self.never) { _ in throw JobInterruption.snooze(for: .seconds(60)) }
        try await fixture.running(worker) {
            _ = try await fixture.client.enqueue((0..<3).map { Plain(number: $0) })
            #expect(await fixture.count(.scheduled, is: 3))
        }
        #expect(try await fixture.total("snoozed") == 3)
    }

    @Test func aMemberThatIsSettledEarlyIsDoneAtOnceAndItsPlaceIsFree() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(2)
        let go = Occurrences()
        let chunks = Recorder<[Int]>()
        worker.handleChunk(Plain.self, size: 2, within: Self.never) { chunk in
            chunks.add(chunk.members.map(\.job.number))
            guard chunks.all.count == 1 else { return }
            for member in chunk.members { member.settle(.completed(NoOutput())) }
            await go.wait()
            // Nobody has left, so nobody cancels what the handler has still to do.
            #expect(!Task.isCancelled)
            go.add()
        }
        try await fixture.running(worker) {
            _ = try await fixture.client.enqueue((0..<4).map { Plain(number: $0) })
            #expect(await fixture.count(.completed, is: 4))
            go.add()
            await go.wait(for: 2)
        }
        #expect(chunks.all.count == 2)
    }

    @Test func aMemberWhoseArgumentsMakeNoSenseFailsAlone() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(3)
        let chunks = Recorder<[Int]>()
        worker.handleChunk(Plain.self, size: 2, within: Self.never) { chunk in chunks.add(chunk.members.map(\.job.number)) }
        try await fixture.running(worker) {
            let odd = try await fixture.client.enqueue(
                JobRequest(kind: Plain.kind, queue: fixture.queue, arguments: "\"what\"")
            ).id
            _ = try await fixture.client.enqueue((0..<2).map { Plain(number: $0) })
            #expect(await fixture.becomes(odd, .retryable))
            #expect(await fixture.count(.completed, is: 2))
        }
        #expect(chunks.all.map { $0.sorted() } == [[0, 1]])
    }

    @Test func middlewareAndObserversKnowOfMembers() async throws {
        let fixture = try await Fixture()
        let entered = Recorder<JobID>()
        let worker = fixture.worker(3) { Counting(entered: entered) }
        let told = Recorder<ProcessedJob>()
        let gathered = Occurrences()
        worker.handleChunk(Numbered.self, size: 3, within: Self.never) { chunk in
            // All were within the middleware before the chunk began, which outputs of theirs do not see.
            #expect(entered.all.count == 3)
            gathered.add()
            return chunk.outcomes { .completed($0.job.number) }
        }
        worker.afterProcess { told.add($0) }
        let ids = try await fixture.enqueue(numbers: 0..<3)
        try await fixture.running(worker) { await told.happened.wait(for: 3) }
        #expect(Set(entered.all) == Set(ids))
        #expect(Set(told.all.map(\.id)) == Set(ids))
        #expect(Set(told.all.map { String(decoding: $0.output ?? [], as: UTF8.self) }) == ["0", "1", "2"])
        #expect(gathered.count == 1)
    }

    @Test func aMemberThatIsANodeHandsItsOutputOn() async throws {
        let fixture = try await Fixture(.server)
        let worker = fixture.worker(4)
        let total = Recorder<Int>()
        worker.handleChunk(Measure.self, size: 2, within: Self.never) { chunk in
            chunk.outcomes { .completed($0.job.number * 10) }
        }
        worker.handle(Plain.self) { _, context in
            let left: Int = try await context.output(of: "left")
            let right: Int = try await context.output(of: "right")
            total.add(left + right)
        }
        var flow = Workflow("measure")
        let left = flow.add("left", Measure(number: 1))
        let right = flow.add("right", Measure(number: 2))
        flow.add("total", Plain(), after: [left, right])
        _ = try await fixture.client.enqueue(flow)
        try await fixture.running(worker) { await total.happened.wait() }
        #expect(total.all == [30])
    }
}

/// A job whose output is not kept, unless others come after it.
private struct Measure: Job {
    static let kind = "measure"
    static let options = JobOptions(queue: "work")
    typealias Output = Int
    var number: Int
}

private struct Counting: JobMiddleware {
    var entered: Recorder<JobID>

    @concurrent
    func run(_ context: JobContext, next: Next) async throws -> JobResult {
        entered.add(context.id)
        return try await next(context)
    }
}
