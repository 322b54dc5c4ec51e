import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import TestSupport
import Testing

/// Jobs that are enqueued one by one at the same time.
@Suite(.timeLimit(.minutes(10)))
struct GatheringTests {
    @Test(.proxied) func whatComesWhileACallIsUnderWaySharesTheNext() async throws {
        let proxy = try await FaultyProxy(to: .shared())
        let producer = try await Producer(through: proxy.url)
        try await producer.client.enqueue(Numbered())
        proxy.fail(["sluice1_enqueue"], with: .holdReply)
        try await withThrowingTaskGroup(of: Enqueued<Numbered>.self) { group in
            group.addTask { try await producer.client.enqueue(Numbered(number: 1)) }
            await proxy.heldReplies.wait()
            let called = Occurrences()
            for number in 2...600 {
                group.addTask {
                    called.add()
                    return try await producer.client.enqueue(Numbered(number: number))
                }
            }
            await called.wait(for: 599)
            proxy.release()
            for try await enqueued in group { #expect(enqueued.isNew) }
        }
        #expect(try await producer.count(.available) == 601)
        // How many make it into the next call is up to the machine; one by one they would be 601.
        #expect(proxy.requests(with: "sluice1_enqueue") < 100)
        await proxy.close()
    }

    @Test func anErrorReachesEach() async throws {
        let server = try await RedisTestServer.start()
        let producer = try await Producer(on: server)
        try await producer.client.enqueue(Numbered())
        try await server.cli("CONFIG", "SET", "maxmemory", "1")
        await withTaskGroup(of: SluiceError.Code?.self) { group in
            for number in 0..<100 {
                group.addTask {
                    do throws(SluiceError) {
                        try await producer.client.enqueue(Numbered(number: number))
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            for await code in group { #expect(code == .outOfMemory) }
        }
        try await server.cli("CONFIG", "SET", "maxmemory", "0")
        try await producer.client.enqueue(Numbered())
        #expect(try await producer.count(.available) == 2)
    }

    @Test func aRedisThatIsAwayForAMomentDelaysAndAddsOnce() async throws {
        let server = try await RedisTestServer.start(.init(aof: true))
        let producer = try await Producer(on: server)
        try await producer.client.enqueue(Numbered())
        try await server.stop()
        try await withThrowingTaskGroup(of: Enqueued<Numbered>.self) { group in
            for number in 0..<50 { group.addTask { try await producer.client.enqueue(Numbered(number: number)) } }
            try await server.restart()
            for try await enqueued in group { #expect(enqueued.isNew) }
        }
        #expect(try await producer.count(.available) == 51)
    }

    @Test func aRedisThatStaysAwayIsAnErrorAfterThePatience() async throws {
        let server = try await RedisTestServer.start()
        let producer = try await Producer(on: server) { $0.patience = .milliseconds(200) }
        try await server.stop()
        let error = await #expect(throws: SluiceError.self) { try await producer.client.enqueue(Numbered()) }
        #expect(error?.code == .unreachable)
    }

    @Test func aCancelledCallerTakesNobodyWithIt() async throws {
        let server = try await RedisTestServer.start(.init(aof: true))
        let producer = try await Producer(on: server)
        try await producer.client.enqueue(Numbered())
        try await server.stop()
        let first = Task { try await producer.client.enqueue(Numbered(number: 1)) }
        first.cancel()
        let second = Task { try await producer.client.enqueue(Numbered(number: 2)) }
        try await server.restart()
        #expect(try await first.value.isNew)
        #expect(try await second.value.isNew)
    }
}
