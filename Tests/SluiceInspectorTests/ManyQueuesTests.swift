import Hiredis
import SluiceCore
import SluiceLua
import SluiceStore
import SluiceTesting
import TestSupport
import Testing

@testable import SluiceInspector

/// What looking at many queues costs, and in which order it is told.
@Suite(.timeLimit(.minutes(10)))
struct ManyQueuesTests {
    private static let count = 300

    /// A server with queues of one job each, and the library.
    private func filled() async throws -> (RedisTestServer, Inspector) {
        let server = try await RedisTestServer.start()
        let store = Store(try RedisConfiguration(url: server.socketURL))
        for number in 0..<Self.count {
            let queue = QueueName("q\(number)")
            try await store.register(queue)
            let job = NewJob(id: JobID(known: "a"), spec: Array(#"{"kind":"k"}"#.utf8))
            _ = try await store.call(Enqueue(producer: "p", number: 1, jobs: [job]), on: queue)
        }
        return (server, Inspector(store))
    }

    /// How often a command was called since the start of the server.
    private func calls(_ command: String, _ server: RedisTestServer) async throws -> Int {
        let stats = try await server.cli("INFO", "commandstats")
        let line = stats.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_\(command):calls=") }
        return line.flatMap { Int($0.split(separator: "=")[1].prefix { $0 != "," }) } ?? 0
    }

    @Test func aDiagnosisCostsTwoCallsForAQuietQueueAndIsToldInOrder() async throws {
        let (server, inspector) = try await filled()
        let before = try await calls("fcall_ro", server)
        var told: [String] = []
        try await inspector.diagnose(nil) { told.append($0.subject.description) }
        let queues = try await inspector.queues().map { "queue \($0)" }
        #expect(told == ["server", "library"] + queues + ["workflows"])
        #expect(try await calls("fcall_ro", server) - before <= 2 * Self.count + 10)
        #expect(try await calls("scan", server) == 0, "the keys of the whole server, for each queue, are too many")
        await inspector.close()
    }

    @Test func whoeverIsToldMayEndIt() async throws {
        let (server, inspector) = try await filled()
        var told = 0
        await #expect(throws: CancellationError.self) {
            try await inspector.diagnose(nil) { part in
                told += 1
                if part.queue != nil { throw CancellationError() }
            }
        }
        #expect(told == 3)
        await inspector.close()
        withExtendedLifetime(server) {}
    }

    @Test func theStandingsOfPlainQueuesCostACallEach() async throws {
        let (server, inspector) = try await filled()
        let queues = try await inspector.queues()
        let before = try await calls("fcall_ro", server)
        var seen: [QueueName] = []
        try await inspector.standings(of: queues) { status, restrictions in
            seen.append(status.queue)
            #expect(status.states[.available] == 1 && restrictions?.isEmpty == true)
        }
        #expect(seen == queues)
        #expect(try await calls("fcall_ro", server) - before <= Self.count + 10)
        await inspector.close()
    }

    @Test func anAuditAsksManyQueuesAtOnceAndTellsInOrder() async throws {
        let (server, direct) = try await filled()
        let proxy = try await FaultyProxy(to: server)
        var configuration = try RedisConfiguration(url: proxy.url)
        configuration.commandTimeout = .seconds(120)
        let inspector = Inspector(Store(configuration))
        let queues = try await inspector.queues()
        let before = try await calls("fcall_ro", server)
        proxy.fail(["audit", "{\(queues[0])}"], with: .holdReply)
        async let report = inspector.audit()
        while try await calls("fcall_ro", server) - before < InOrder.width {}
        proxy.release()
        #expect(try await report.isClean)
        #expect(try await calls("fcall_ro", server) - before == Self.count)
        _ = try await direct.store.command(["HSET", "sluice:{q7}:spec", "lost", "{}"])
        _ = try await direct.store.command(["HSET", "sluice:{q5}:spec", "lost", "{}"])
        #expect(try await inspector.audit().violations.map(\.queue) == ["q5", "q5", "q7", "q7"])
        var told: [Int] = []
        _ = try await inspector.audit(queues) { told.append($0.violations.count) }
        #expect(told.count == Self.count && told.reduce(0, +) == 4)
        let cut = try await inspector.audit(limit: 1)
        #expect(cut.violations.map(\.queue) == ["q5"] && !cut.isComplete)
        await inspector.close()
        await direct.close()
        await proxy.close()
    }

    @Test func aPageOfJobsOfManyQueuesAsksThoseAloneThatHoldSome() async throws {
        let (server, inspector) = try await filled()
        let before = try await calls("fcall_ro", server)
        let none = try await inspector.jobs(matching: JobFilter(states: [.discarded]))
        #expect(none.jobs.isEmpty && none.next == nil)
        #expect(try await calls("fcall_ro", server) - before <= Self.count + 10)
        var found: [QueueName] = []
        var cursor: String?
        repeat {
            let page = try await inspector.jobs(matching: JobFilter(), limit: 70, after: cursor)
            found += page.jobs.map(\.queue)
            cursor = page.next
        } while cursor != nil
        #expect(try await found == inspector.queues())
        #expect(try await inspector.queues(among: ["q1", "none", "q0"], holding: [.available]) == ["q1", "q0"])
        await inspector.close()
    }

    /// A library that an administrator has pinned knows no first look.
    @Test func anOlderLibraryIsAskedForEverything() async throws {
        let patient = try await Patient()
        try await patient.enqueue("a", #"{"kind":"z"}"#)
        let all = try await patient.findings()
        let server = try await RedisTestServer.start()
        let old = FunctionLibrary.text().replacing("function sections.glance(q)", with: "function sections.other(q)")
        let client = RedisClient(try RedisConfiguration(url: server.socketURL))
        _ = try await client.send(RedisCommand(["FUNCTION", "LOAD", old]))
        for words in [
            ["SADD", "sluice:queues", "mail"], ["FCALL", "sluice_enqueue", "1", "sluice:{mail}", "a", #"{"kind":"z"}"#, ""],
        ] { _ = try await client.send(RedisCommand(words)) }
        let inspector = Inspector(Store(try RedisConfiguration(url: server.socketURL)))
        #expect(all.map(\.code) == ["queue.unknown_kind"])
        #expect(try await inspector.diagnose().findings.contains { $0.code == "queue.no_worker" })
        await inspector.close()
        await client.close()
    }

    @Test func oneQueueThatCannotBeLookedAtHidesNoOther() async throws {
        let patient = try await Patient()
        try await patient.queues.store.register("broken")
        _ = try await patient.queues.store.command(["SET", patient.queues.base("broken") + ":spec", "no hash"])
        let parts = try await patient.inspector.diagnose().parts
        let broken = try #require(parts.first { $0.queue == "broken" })
        #expect(broken.unseen.first?.hasPrefix("the rest: ") == true)
        #expect(parts.contains { $0.queue == "web" && $0.unseen.isEmpty })
    }

    @Test func effortIsSharedByAllQueues() {
        #expect(DiagnosisEffort(queues: 1).pages == 1000)
        #expect(DiagnosisEffort(queues: 200).pages == 100)
        #expect(DiagnosisEffort(queues: 100_000).pages == 10)
        let effort = DiagnosisEffort(queues: 1)
        #expect((0..<20_000).allSatisfy { _ in effort.mayLookElsewhere() })
        #expect(!effort.mayLookElsewhere())
    }
}
