import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import TestSupport
import Testing

/// Clients of a queue in which as many jobs wait as may.
@Suite(.timeLimit(.minutes(10)))
struct BackPressureTests {
    private func producer(_ most: Int, _ backPressure: BackPressure = .refuse) async throws -> Producer {
        let producer = try await Producer { $0.backPressure = backPressure }
        _ = try await producer.inspector.override("depth", to: "\(most)", in: producer.queue, mayBeNew: true)
        return producer
    }

    @Test func oneThatIsRefusedIsTold() async throws {
        let producer = try await producer(1)
        try await producer.client.enqueue(Numbered())
        let error = await #expect(throws: SluiceError.self) { try await producer.client.enqueue(Numbered()) }
        #expect(error?.code == .queueFull && error?.isTransient == true)
        #expect(error?.retryAfter == .seconds(1))
        #expect(error?.message.contains("queue work is full: a job did not go in") == true)
        #expect(try await producer.count(.available) == 1)
        await producer.client.close()
    }

    @Test func ofManyThoseGoInForWhichThereIsRoom() async throws {
        let producer = try await producer(1500)
        let error = await #expect(throws: SluiceError.self) {
            try await producer.client.enqueue((0..<4000).map { Numbered(number: $0) })
        }
        #expect(error?.code == .queueFull)
        #expect(try await producer.count(.available) == 1500)
        let (stream, end) = AsyncStream.makeStream(of: Numbered.self)
        end.yield(Numbered())
        end.finish()
        let other = await #expect(throws: SluiceError.self) { try await producer.client.enqueue(stream) }
        #expect(other?.code == .queueFull)
        await producer.client.close()
    }

    @Test func aBatchKnowsThoseThatWentIn() async throws {
        let producer = try await producer(2)
        let batch = try await producer.client.openBatch("b")
        let error = await #expect(throws: SluiceError.self) { try await batch.add((0..<3).map { Numbered(number: $0) }) }
        #expect(error?.code == .queueFull)
        #expect(try await batch.status()?.total == 2)
        await producer.client.close()
    }

    @Test func whoHasTimeWaitsForRoom() async throws {
        let producer = try await producer(900, .wait(upTo: .seconds(600)))
        async let many = producer.client.enqueue((0..<2000).map { Numbered(number: $0) })
        async let one = producer.client.enqueue(Numbered(number: 5000))
        var numbers: [Int] = []
        while numbers.count < 2001 {
            let hasMore = await producer.queues.eventually(in: producer.queue) {
                try await producer.count(.available) > 0
            }
            try #require(hasMore)
            // Nobody puts more in than may wait.
            #expect(try await producer.count(.available) <= 900)
            numbers += try await producer.numbers(as: UInt64(numbers.count))
        }
        #expect(numbers.sorted() == Array(0..<2000) + [5000])
        #expect(try await many.added == 2000)
        #expect(try await one.isNew)
        await producer.client.close()
    }

    @Test func whoseTimeIsOverIsRefused() async throws {
        let producer = try await producer(1, .wait(upTo: .milliseconds(300)))
        try await producer.client.enqueue(Numbered())
        let error = await #expect(throws: SluiceError.self) { try await producer.client.enqueue(Numbered()) }
        #expect(error?.code == .queueFull)
        #expect(try await producer.count(.available) == 1)
        await producer.client.close()
    }
}
