import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import Synchronization
import TestSupport
import Testing

/// Sequences and streams of jobs.
@Suite(.timeLimit(.minutes(10)))
struct ManyTests {
    @Test func aSequenceGoesInInOrder() async throws {
        let producer = try await Producer()
        let end = try await producer.client.enqueue((0..<3456).lazy.map { Numbered(number: $0) })
        #expect(end.added == 3456 && end.existing == 0)
        #expect(try await producer.numbers() == Array(0..<3456))
        // Batches that are quick to make do not overtake each other.
        for _ in 0..<20 {
            try await producer.client.enqueue((0..<1400).map { Numbered(number: $0) })
            #expect(try await producer.numbers(as: UInt64.random(in: .min ... .max)) == Array(0..<1400))
        }
    }

    @Test func whatIsThereIsCounted() async throws {
        let producer = try await Producer()
        let requests = try (0..<1500).map { number in
            var request = try JobRequest(Numbered(number: number))
            request.id = JobID("id-\(number % 1200)")
            return request
        }
        let end = try await producer.client.enqueue(requests)
        #expect(end.added == 1200 && end.existing == 300)
        #expect(try await producer.client.enqueue([Numbered]()).added == 0)
    }

    @Test func eachJobOfManyHasAHandle() async throws {
        let producer = try await Producer()
        let client = producer.client
        let known = try await client.enqueue(Numbered(number: -1)) { $0.unique = .whileLive(by: .key("3")) }
        var number = 0
        let jobs = try await client.enqueue(each: (0..<2300).map { Numbered(number: $0) }) { request in
            request.id = JobID("j\(number)")
            if number == 3 || number == 1500 {
                request.unique = .whileLive(by: .key("3"), onConflict: number == 3 ? .keepExisting : .fail)
            }
            if number == 4 { request.after = FollowUp(JobHandle("j2", in: "work")) }
            if number == 5 { request.queue = "other" }
            if number == 6 { request.id = "j2" }
            number += 1
        }
        #expect(jobs.count == 2300)
        for (number, job) in jobs.enumerated() {
            let id: JobID = number == 3 || number == 1500 ? known.id : number == 6 ? "j2" : "j\(number)"
            #expect(job.id == id && job.isNew == ![3, 6, 1500].contains(number), "\(number)")
            #expect(job.queue == (number == 5 ? "other" : "work"))
        }
        #expect(try await producer.inspector.status(of: "work").totals["enqueued"] == 2297)
        #expect(try await producer.inspector.job("j4", in: "work")?.state == .suspended)
        #expect(try await client.enqueue(each: [Numbered]()).isEmpty)
        let refused = await #expect(throws: SluiceError.self) {
            try await client.enqueue(each: [Numbered()]) { $0.id = "no id" }
        }
        #expect(refused?.code == .invalidArgument)
    }

    @Test(.proxied) func aSequenceIsNotReadFurtherThanWhatIsOnItsWay() async throws {
        let proxy = try await FaultyProxy(to: .shared())
        let producer = try await Producer(through: proxy.url)
        try await producer.client.enqueue(Numbered())
        proxy.fail(["sluice1_enqueue"], with: .holdReply)
        let read = Mutex(0)
        let jobs = (0..<20_000).lazy.map { number in
            read.withLock { $0 = number + 1 }
            return Numbered(number: number)
        }
        async let end = producer.client.enqueue(jobs)
        #expect(await producer.queues.eventually(in: "work") { try await producer.count(.available) == 4001 })
        await proxy.heldReplies.wait()
        // Four calls are in flight, the fifth is full.
        #expect(await producer.queues.eventually(in: "work") { read.withLock { $0 } == 5000 })
        proxy.release()
        #expect(try await end.added == 20_000)
        await proxy.close()
    }

    @Test func whatComesBeforeARefusedJobIsStored() async throws {
        let producer = try await Producer { $0.payloadLimit = 200 }
        let jobs = (0..<2000).map { Numbered(number: $0, padding: String(repeating: "x", count: $0 == 1500 ? 200 : 1)) }
        let error = await #expect(throws: SluiceError.self) { try await producer.client.enqueue(jobs) }
        #expect(error?.code == .payloadTooLarge)
        #expect(try await producer.numbers() == Array(0..<1500))
    }

    @Test func aStreamsJobsLeaveAsTheyCome() async throws {
        let producer = try await Producer()
        let (stream, continuation) = AsyncStream.makeStream(of: Numbered.self)
        async let end = producer.client.enqueue(stream)
        for number in 0..<3 {
            continuation.yield(Numbered(number: number))
            // Nothing follows, and yet it is there.
            #expect(await producer.queues.eventually(in: "work") { try await producer.count(.available) == number + 1 })
        }
        for number in 3..<4000 { continuation.yield(Numbered(number: number)) }
        continuation.finish()
        #expect(try await end.added == 4000)
        #expect(try await producer.numbers() == Array(0..<4000))
    }

    @Test func whatAStreamThrowsComesAfterWhatCameBefore() async throws {
        let producer = try await Producer { $0.payloadLimit = 200 }
        let failing = AsyncThrowingStream<Numbered, any Error> { continuation in
            for number in 0..<10 { continuation.yield(Numbered(number: number)) }
            continuation.finish(throwing: Broken())
        }
        await #expect(throws: Broken.self) { try await producer.client.enqueue(failing) }
        let refused = AsyncStream<Numbered> { continuation in
            for number in 10..<20 { continuation.yield(Numbered(number: number)) }
            continuation.yield(Numbered(padding: String(repeating: "x", count: 200)))
            continuation.yield(Numbered(number: 99))
            continuation.finish()
        }
        let error = await #expect(throws: SluiceError.self) { try await producer.client.enqueue(refused) }
        #expect(error?.code == .payloadTooLarge)
        #expect(try await producer.numbers() == Array(0..<20))
    }

    @Test(.proxied) func aStreamIsNotReadFurtherThanTwoCallsWait() async throws {
        let proxy = try await FaultyProxy(to: .shared())
        let producer = try await Producer(through: proxy.url)
        try await producer.client.enqueue(Numbered())
        proxy.fail(["sluice1_enqueue"], with: .holdReply)
        let read = Mutex(0)
        let jobs = AsyncStream<Numbered> {
            read.withLock { number in
                number += 1
                return number <= 5000 ? Numbered(number: number) : nil
            }
        }
        async let end = producer.client.enqueue(jobs)
        await proxy.heldReplies.wait()
        #expect(await producer.queues.eventually(in: "work") { read.withLock { $0 } >= 2001 })
        #expect(read.withLock { $0 } <= 2001 + 1)
        proxy.release()
        #expect(try await end.added == 5000)
        await proxy.close()
    }
}

private struct Broken: Error {}
