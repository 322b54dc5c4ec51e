import Logging
import ServiceLifecycle
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import Testing

/// What a chunk is made of, and what becomes of its members.
@Suite(.timeLimit(.minutes(1)))
struct ChunkTests {
    /// Longer than a test runs: chunks of it run when they are full.
    private static let never = Duration.seconds(3600)

    @Test func jobsGatherUntilTheChunkIsFull() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(10)
        let chunks = Recorder<[Int]>()
        worker.handleChunk(Numbered.self, size: 4, within: Self.never) { chunk in
            chunks.add(chunk.members.map(\.job.number))
            #expect(chunk.members.allSatisfy { $0.attempt == 1 && $0.isOpen && $0.context.queue == "work" })
            #expect(Set(chunk.members.map(\.id)).count == chunk.members.count)
            #expect(chunk.partition == nil)
            return chunk.outcomes { .completed($0.job.number * 2) }
        }
        let ids = try await fixture.enqueue(numbers: 0..<12)
        try await fixture.running(worker) { #expect(await fixture.count(.completed, is: 12)) }
        #expect(chunks.all.map(\.count) == [4, 4, 4])
        #expect(chunks.all.joined().sorted() == Array(0..<12))
        for (number, id) in ids.enumerated() { #expect(try await fixture.details(id)?.result == "\(number * 2)") }
        #expect(try await fixture.total("started") == 12)
        #expect(try await fixture.leftovers() == [])
    }

    @Test func aChunkThatIsNotFullRunsWhenItsFirstMemberHasWaitedLongEnough() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(10)
        let chunks = Recorder<Int>()
        worker.handleChunk(Plain.self, size: 10, within: .milliseconds(800)) { chunk in chunks.add(chunk.members.count) }
        try await fixture.running(worker) {
            for round in 1...2 {
                let start = ContinuousClock.now
                _ = try await fixture.client.enqueue((0..<3).map { Plain(number: $0) })
                await chunks.happened.wait(for: round)
                #expect(ContinuousClock.now - start > .milliseconds(700))
            }
            #expect(await fixture.count(.completed, is: 6))
        }
        #expect(chunks.all == [3, 3])
    }

    @Test func aChunkWithoutAWaitHasWhoeverIsThere() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(4)
        let seen = Recorder<Int>()
        worker.handleChunk(Plain.self, size: 4, within: .zero) { chunk in
            for member in chunk.members { seen.add(member.job.number) }
        }
        _ = try await fixture.client.enqueue((0..<50).map { Plain(number: $0) })
        try await fixture.running(worker) { #expect(await fixture.count(.completed, is: 50)) }
        #expect(seen.all.sorted() == Array(0..<50))
    }

    @Test func membersShareAPartitionIfTheHandlerAsksForIt() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(20)
        let chunks = Recorder<(partition: String?, numbers: Set<Int>)>()
        worker.handleChunk(Plain.self, size: 2, within: Self.never, per: "account") { chunk in
            chunks.add((chunk.partition, Set(chunk.members.map(\.job.number))))
        }
        let accounts: [Partitions] = [["account": "a"], ["account": "b", "host": "x"], [:]]
        try await fixture.running(worker) {
            for number in 0..<6 {
                _ = try await fixture.enqueue(plain: number) { $0.partitions = accounts[number % 3] }
            }
            #expect(await fixture.count(.completed, is: 6))
        }
        let byPartition = chunks.all.sorted { $0.partition ?? "" < $1.partition ?? "" }
        #expect(byPartition.map(\.partition) == [nil, "a", "b"])
        #expect(byPartition.map(\.numbers) == [[2, 5], [0, 3], [1, 4]])
    }

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

    @Test func aLimitHoldsForMembersOneByOne() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(10, limits: [.concurrency(5), .concurrency(2, per: "account")])
        let chunks = Recorder<[String: Int]>()
        worker.handleChunk(Plain.self, size: 10, within: .milliseconds(20)) { chunk in
            chunks.add(
                Dictionary(grouping: chunk.members, by: { $0.context.partitions.values["account"] ?? "" }).mapValues(\.count))
        }
        for number in 0..<60 {
            _ = try await fixture.enqueue(plain: number) { $0.partitions = ["account": "\(number % 4)"] }
        }
        try await fixture.running(worker) { #expect(await fixture.count(.completed, is: 60)) }
        #expect(chunks.all.allSatisfy { $0.values.reduce(0, +) <= 5 && $0.values.allSatisfy { $0 <= 2 } })
        #expect(chunks.all.contains { $0.values.reduce(0, +) > 2 })
        #expect(try await fixture.leftovers() == [])
    }

    @Test func aMemberThatIsANodeHandsItsOutputOn() async throws {
        let fixture = try await Fixture(.server)
        let worker = fixture.worker(4)
        let total = Recorder<Int>()
        worker.handleChunk(Measure.self, size: 2, within: Self.never) { chunk in
            chunk.outcomes { .completed($0.job.number * 10) }
        }
        worker.handle(Plain.self) { _, context in
            let left: Int = try await context.outputs(of: "left")
            let right: Int = try await context.outputs(of: "right")
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

    @Test(arguments: Queue.AckMode.allCases)
    func manyChunksInBothAckModes(ack: Queue.AckMode) async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(50, ack: ack)
        let told = Recorder<JobID>()
        worker.handleChunk(Numbered.self, size: 20, within: .milliseconds(10)) { chunk in
            chunk.outcomes { $0.job.number % 5 == 4 ? .discard(reason: "fifth") : .completed($0.job.number) }
        }
        worker.afterProcess { told.add($0.id) }
        try await fixture.running(worker) {
            _ = try await fixture.client.enqueue((0..<1000).map { Numbered(number: $0) })
            #expect(await fixture.count(.completed, is: 800))
            #expect(await fixture.count(.discarded, is: 200))
            await told.happened.wait(for: 1000)
        }
        #expect(Set(told.all).count == 1000 && told.all.count == 1000)
        #expect(try await fixture.total("started") == 1000)
        #expect(try await fixture.leftovers() == [])
    }

    @Test func rulesThatMakeNoSenseAreRefusedAtTheStart() async throws {
        let fixture = try await Fixture()
        let rules: [(Int, Duration, String?, String)] = [
            (0, .zero, nil, "at least one member"), (5, .zero, nil, "places"), (4, .seconds(-1), nil, "gather for"),
            (4, .seconds(100_000), nil, "gather for"), (4, .zero, "no name", "no name of a partition"),
        ]
        for (size, wait, partition, message) in rules {
            let worker = fixture.worker(4)
            worker.handleChunk(Plain.self, size: size, within: wait, per: partition) { _ in }
            let error = await #expect(throws: SluiceError.self) { try await worker.run() }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        }
        // The kind's own queue has to be large enough, where the worker serves it; the others may have fewer places.
        let client = fixture.client
        let queues = [Queue("small", concurrency: 1), Queue("work", concurrency: 4)]
        let worker = Worker(client, queues: queues, options: WorkerOptions(grace: .zero))
        worker.handleChunk(Plain.self, size: 4, within: .zero) { _ in }
        try await fixture.running(worker) {
            _ = try await fixture.enqueue(plain: 1) { $0.queue = "small" }
            #expect(
                await fixture.queues.eventually(in: "small") {
                    try await fixture.inspector.status(of: "small").states[.completed] == 1
                })
        }
    }

    @Test func aHandlerThatIsRegisteredLaterTakesThePlaceOfTheChunks() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(1)
        worker.handleChunk(Plain.self, size: 50) { _ in }
        worker.handle(Plain.self) { _, _ in }
        try await fixture.running(worker) {
            let id = try await fixture.enqueue(plain: 1)
            #expect(await fixture.becomes(id, .completed))
        }
    }
}

/// A job with a number and without an output.
struct Plain: Job {
    static let kind = "plain"
    static let options = JobOptions(queue: "work", maxAttempts: 3, retry: .fixed(.seconds(10)))
    var number = 0
}

/// A job whose output is not kept, unless others come after it.
private struct Measure: Job {
    static let kind = "measure"
    static let options = JobOptions(queue: "work")
    typealias Output = Int
    var number: Int
}

extension Chunk {
    /// An outcome for each member.
    func outcomes(_ outcome: (Member) -> Outcome<Kind.Output>) -> [JobID: Outcome<Kind.Output>] {
        Dictionary(uniqueKeysWithValues: members.map { ($0.id, outcome($0)) })
    }
}

extension Fixture {
    /// Enqueues jobs together, in order.
    func enqueue(numbers: Range<Int>) async throws -> [JobID] {
        let requests = try numbers.map { number in
            var request = try JobRequest(Numbered(number: number))
            request.id = JobID(known: "job-\(number)")
            return request
        }
        #expect(try await client.enqueue(requests).added == requests.count)
        return numbers.map { JobID(known: "job-\($0)") }
    }

    func enqueue(plain number: Int, _ change: (inout JobRequest) -> Void = { _ in }) async throws -> JobID {
        var request = try JobRequest(Plain(number: number))
        change(&request)
        return try await client.enqueue(request).id
    }
}

private struct Counting: JobMiddleware {
    var entered: Recorder<JobID>

    @concurrent
    func run(_ context: JobContext, next: Next) async throws -> JobResult {
        entered.add(context.id)
        return try await next(context)
    }
}
