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

/// What a chunk is made of.
@Suite(.timeLimit(.minutes(10)))
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
        worker.handleChunk(Plain.self, size: 2, within: Self.never, partition: "account") { chunk in
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

    @Test func aLimitHoldsForMembersOneByOne() async throws {
        let fixture = try await Fixture()
        let worker = fixture.worker(10, limits: [.concurrency(5), .concurrency(2, partition: "account")])
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
            (4, .seconds(100_000), nil, "gather for"), (4, .zero, "no name", "not a valid name of a partition"),
        ]
        for (size, wait, partition, message) in rules {
            let worker = fixture.worker(4)
            worker.handleChunk(Plain.self, size: size, within: wait, partition: partition) { _ in }
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
