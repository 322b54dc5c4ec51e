import Foundation
import SluiceCore
import SluiceInspector
import SluiceTesting
import TestSupport
import Testing

/// A Redis that restarts, drops connections, freezes and goes away while workers run.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ServerTests {
    @Test func restartsWithAppendOnlyFileUnderLoad() async throws {
        let load = try await Load(.init(aof: true))
        let workers = [try await load.worker(milliseconds: 10), try await load.worker(milliseconds: 10, ack: "confirmed")]
        try await load.enqueue(1200)
        #expect(await load.completed(100))
        try await load.server.restart()
        #expect(await load.completed(500))
        // As a crash of Redis would.
        try await load.server.kill()
        try await load.server.restart()
        try await load.enqueue(100)
        try await load.expectAllDone(1300)
        #expect(try await load.total("reclaimed") == 0)
        for worker in workers { #expect(await worker.stop()) }
    }

    @Test func everyConnectionKilledAgainAndAgainUnderLoad() async throws {
        let load = try await Load()
        let workers = [try await load.worker(), try await load.worker(ack: "confirmed")]
        async let enqueueing: Void = load.enqueue(3000)
        for round in 1...25 {
            #expect(await load.completed(60 * round))
            try await load.server.cli("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        }
        try await enqueueing
        try await load.expectAllDone(3000)
        #expect(load.startedTwice() == [])
        #expect(try await load.total("reclaimed") == 0)
        for worker in workers { #expect(await worker.stop()) }
    }

    @Test func aFreezeLongerThanALeaseWhileHandlersRun() async throws {
        let load = try await Load()
        for _ in 0..<2 { _ = try await load.worker(concurrency: 5, milliseconds: 2000) }
        try await load.enqueue(10)
        #expect(await load.queues.eventually(in: load.queue) { load.log.entries().count == 10 })
        try await load.server.suspend()
        await lasting(.seconds(4))
        try await load.server.resume()
        try await load.enqueue(40)
        try await load.expectAllDone(50)
        #expect(load.startedTwice() == [])
        #expect(try await load.total("reclaimed") == 0)
        #expect(try await load.total("refused") == 0)
        #expect(try await load.queues.dump().keys.filter { $0.hasSuffix(":crashes") } == [])
    }

    @Test func anOutageLongerThanALeaseWhileHandlersRun() async throws {
        let load = try await Load(.init(aof: true))
        for _ in 0..<2 { _ = try await load.worker(concurrency: 5, milliseconds: 2000) }
        try await load.enqueue(10)
        #expect(await load.queues.eventually(in: load.queue) { load.log.entries().count == 10 })
        try await load.server.stop()
        await lasting(.seconds(4))
        try await load.server.restart()
        try await load.enqueue(40)
        try await load.expectAllDone(50)
        #expect(load.startedTwice() == [])
        #expect(try await load.total("reclaimed") == 0)
        #expect(try await load.queues.dump().keys.filter { $0.hasSuffix(":crashes") } == [])
    }

    /// For as long as something lasts that is itself a matter of time, such as an outage; nothing is waited for with it.
    private func lasting(_ duration: Duration) async { try? await ContinuousClock().sleep(for: duration) }
}
