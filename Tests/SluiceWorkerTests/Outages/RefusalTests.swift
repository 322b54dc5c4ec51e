import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

/// A server that refuses for a while, with outcomes waiting: they are kept and repeated, and nothing runs twice.
@Suite(.timeLimit(.minutes(10)))
struct RefusalTests {
    /// Why a server refuses.
    enum Reason: String, CaseIterable, Sendable {
        case misconf = "MISCONF"
        case noReplicas = "NOREPLICAS"
        case readOnly = "READONLY"
        case loading = "LOADING"

        func impose(on server: RedisTestServer) async throws {
            switch self {
            case .misconf:
                // A snapshot cannot be renamed to what is a directory.
                try FileManager.default.createDirectory(
                    atPath: server.directory + "/taken.rdb", withIntermediateDirectories: true)
                try await server.cli("CONFIG", "SET", "save", "3600 1000000")
                try await server.cli("BGSAVE")
            case .noReplicas: try await server.cli("CONFIG", "SET", "min-replicas-to-write", "1")
            case .readOnly: try await server.cli("REPLICAOF", "127.0.0.1", "1")
            case .loading:
                // It takes its time at the next start.
                try await server.cli("BGREWRITEAOF")
                for config in [("key-load-delay", "20000"), ("loading-process-events-interval-bytes", "1024")] {
                    try await server.cli("CONFIG", "SET", config.0, config.1)
                }
                try await server.cli("CONFIG", "REWRITE")
                try await server.restart()
            }
        }

        func lift(from server: RedisTestServer) async throws {
            switch self {
            case .misconf: try await server.cli("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
            case .noReplicas: try await server.cli("CONFIG", "SET", "min-replicas-to-write", "0")
            case .readOnly: try await server.cli("REPLICAOF", "NO", "ONE")
            case .loading: break
            }
        }
    }

    @Test(arguments: Reason.allCases, Queue.AckMode.allCases)
    func outcomesAreKept(reason: Reason, ack: Queue.AckMode) async throws {
        let server = try await RedisTestServer.start(.init(aof: reason == .loading, config: ["dbfilename taken.rdb"]))
        let fixture = try await Fixture(.server, on: server)
        let worker = fixture.worker(8, ack: ack)
        let started = Recorder<Int>()
        let told = Recorder<JobID>()
        let go = Occurrences()
        worker.handle(Numbered.self) { job, _ in
            started.add(job.number)
            if job.number < 8 { await go.wait() }
            return job.number
        }
        worker.afterProcess { told.add($0.id) }
        try await fixture.client.enqueue((0..<300).map { Numbered(number: $0) })
        try await fixture.running(worker) {
            await started.happened.wait(for: 8)
            let restart = Task { try await reason.impose(on: server) }
            if reason != .loading { try await restart.value }
            go.add()
            let refused = await fixture.queues.eventually(in: fixture.queue) {
                try await server.cli("INFO", "errorstats").contains("errorstat_" + reason.rawValue)
            }
            #expect(refused)
            try await restart.value
            try await reason.lift(from: server)
            #expect(await fixture.count(.completed, is: 300))
            await told.happened.wait(for: 300)
        }
        #expect(started.all.sorted() == Array(0..<300))
        #expect(told.all.count == 300)
        #expect(try await fixture.total("refused") == 0)
        #expect(try await fixture.leftovers() == [])
    }

    @Test func aFullServerDrainsWhileItRefusesJobs() async throws {
        let server = try await RedisTestServer.start()
        let fixture = try await Fixture(.server, on: server)
        let worker = fixture.worker(8)
        worker.handle(Numbered.self) { (job, _) -> Int in
            if job.number % 10 == 0 { throw JobInterruption.snooze(for: .seconds(3600)) }
            return job.number
        }
        try await fixture.client.enqueue((0..<300).map { Numbered(number: $0) })
        try await server.cli("CONFIG", "SET", "maxmemory", "1")
        let error = await #expect(throws: SluiceError.self) { try await fixture.client.enqueue(Numbered()) }
        #expect(error?.code == .outOfMemory)
        try await fixture.running(worker) {
            #expect(await fixture.count(.completed, is: 270))
            #expect(await fixture.count(.scheduled, is: 30))
        }
        #expect(try await fixture.leftovers() == [])
    }

    @Test func functionsThatVanishAreLoadedAgain() async throws {
        let server = try await RedisTestServer.start()
        let fixture = try await Fixture(.server, on: server)
        let worker = fixture.worker(2)
        let started = Recorder<Int>()
        worker.handle(Numbered.self) { job, _ in
            started.add(job.number)
            return job.number
        }
        try await fixture.client.enqueue((0..<300).map { Numbered(number: $0) })
        try await fixture.running(worker) {
            for round in 1...3 {
                await started.happened.wait(for: 50 * round)
                try await server.cli("FUNCTION", "FLUSH")
            }
            #expect(await fixture.count(.completed, is: 300))
        }
        #expect(started.all.sorted() == Array(0..<300))
        #expect(try await fixture.leftovers() == [])
    }

    @Test func anIdleWorkerHearsAgainAfterAFreezeLongerThanItsBlockingCall() async throws {
        let server = try await RedisTestServer.start()
        let fixture = try await Fixture(.server, on: server)
        var options = WorkerOptions(lease: .seconds(120), grace: .zero)
        options.blockingSpan = .milliseconds(300)
        let worker = Worker(fixture.client, queues: [Queue("work")], options: options)
        let done = Occurrences()
        worker.handle(Numbered.self) { job, _ in
            done.add()
            return job.number
        }
        try await fixture.running(worker) {
            _ = try await fixture.enqueue()
            await done.wait()
            try await server.suspend()
            // Longer than a blocking call and the grace of its connection, 5 s: the connection is given up.
            try await ContinuousClock().sleep(for: .seconds(6))
            try await server.resume()
            _ = try await fixture.enqueue()
            // Long before it would look by itself, every 48 s.
            await done.wait(for: 2)
        }
    }

    @Test func aWorkerStopsThoughRedisIsGone() async throws {
        let server = try await RedisTestServer.start()
        let fixture = try await Fixture(.server, on: server)
        let worker = fixture.worker(2)
        let started = Occurrences()
        worker.handle(Numbered.self) { (job, _) -> Int in
            started.add()
            await never(then: Occurrences())
            return job.number
        }
        _ = try await fixture.enqueue()
        try await fixture.running(worker) {
            await started.wait()
            try await server.stop()
        }
    }
}
