import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWorker
import TestSupport
import Testing

private struct Large: Job {
    static let kind = "large"
    static let options = JobOptions(queue: "work", keepsResult: true)
    typealias Output = String
    var text = ""
}

/// A server that closes a connection whose replies grow beyond a megabyte.
@Suite(.timeLimit(.minutes(10)))
struct LargeReplyTests {
    private static let bound = "client-output-buffer-limit normal 1mb 1mb 0"

    private func make(
        _ clock: TestNamespace.Clock = .server, _ log: LogRecorder? = nil
    ) async throws -> (Fixture, Worker, RedisTestServer) {
        let server = try await RedisTestServer.start(.init(config: [Self.bound]))
        if clock == .virtual { try await server.useVirtualClock() }
        let fixture = try await Fixture(clock, on: server)
        return (fixture, fixture.worker(8, log: log), server)
    }

    private func codes(_ fixture: Fixture) async throws -> [String] {
        try await fixture.inspector.diagnose("work").findings.map(\.code)
    }

    @Test func jobsThatDoNotFitInOneReplyAreClaimedOneByOne() async throws {
        let log = LogRecorder()
        let (fixture, worker, _) = try await make(.server, log)
        worker.handle(Large.self) { _, _ in "" }
        let text = String(repeating: "x", count: 900_000)
        for _ in 0..<12 { try await fixture.client.enqueue(Large(text: text)) }
        try await fixture.running(worker) { #expect(await fixture.count(.completed, is: 12)) }
        // A few claims were lost before the size was found, not hundreds.
        #expect(try await fixture.total("started") < 60)
        #expect(log.all.count < 10, "\(log.all)")
        #expect(try await fixture.inspector.audit("work").violations.map(\.what) == [])
        await fixture.client.close()
    }

    @Test func aJobAboveTheLimitIsPutAsideAndRunsWhenTheLimitIsRaised() async throws {
        let log = LogRecorder()
        let (fixture, worker, server) = try await make(.virtual, log)
        worker.handle(Large.self) { _, _ in "" }
        worker.handle(Numbered.self) { job, _ in job.number }
        let client = try await fixture.client { $0.payloadLimit = 2 << 20 }
        let large = try await client.enqueue(Large(text: String(repeating: "x", count: 1_500_000))).id
        await client.close()
        for number in 0..<12 { _ = try await fixture.enqueue(number) }
        try await fixture.running(worker) {
            // All those behind it run.
            #expect(await fixture.count(.completed, is: 12))
            #expect(await fixture.count(.scheduled, is: 1))
            let reason = try await fixture.inspector.explain(large, in: "work")?.reasons.first { $0.code == "too_large" }
            guard case .tooLarge(let size, _) = try #require(reason) else { return }
            #expect(size > 1_500_000)
            let codes = try await codes(fixture)
            #expect(codes.contains("server.output_limit") && codes.contains("queue.replies_lost"), "\(codes)")
            let history = try await server.cli("HGET", fixture.queues.base("work") + ":errors", large.text)
            #expect(
                history.contains("\(size) bytes") && history.contains("client-output-buffer-limit 'normal 0 0 0'"), "\(history)")
            try await server.cli("CONFIG", "SET", "client-output-buffer-limit", "normal 0 0 0")
            try await fixture.queues.advance(by: .seconds(120))
            #expect(await fixture.count(.completed, is: 13))
        }
        #expect(try await fixture.total("started") < 40)
        #expect(log.all.count < 10, "\(log.all)")
        let details = try #require(try await fixture.details(large))
        #expect(details.attempts == 0 && details.crashes == 0)
        #expect(try await fixture.inspector.audit("work").violations.map(\.what) == [])
        await fixture.client.close()
    }

    @Test func aProxyThatClosesAtASizeIsEnduredAndNamed() async throws {
        let log = LogRecorder()
        let server = try await RedisTestServer.start()
        let proxy = try await FaultyProxy(to: server)
        proxy.closeReplies(above: 1 << 20)
        let fixture = try await Fixture(.server, on: server)
        let client = try await fixture.client(through: proxy.url)
        let worker = fixture.worker(8, client: client, log: log)
        worker.handle(Large.self) { _, _ in "" }
        let text = String(repeating: "x", count: 900_000)
        for _ in 0..<12 { try await fixture.client.enqueue(Large(text: text)) }
        try await fixture.running(worker) {
            #expect(await fixture.count(.completed, is: 12))
            let codes = try await codes(fixture)
            #expect(codes.contains("queue.replies_lost") && !codes.contains("server.output_limit"), "\(codes)")
        }
        #expect(proxy.faults.count > 0)
        #expect(try await fixture.total("started") < 60)
        #expect(log.all.count < 10, "\(log.all)")
        #expect(try await fixture.inspector.audit("work").violations.map(\.what) == [])
        await client.close()
        await fixture.client.close()
        await proxy.close()
    }

    @Test func listsAndResultsComeInPartsThatFit() async throws {
        let (fixture, worker, _) = try await make()
        worker.handle(Large.self) { _, _ in String(repeating: "y", count: 200_000) }
        let text = String(repeating: "x", count: 200_000)
        var ids: [JobID] = []
        for _ in 0..<12 { ids.append(try await fixture.client.enqueue(Large(text: text)).id) }
        var listed: [JobID] = []
        var cursor: String?
        repeat {
            let page = try await fixture.inspector.jobs(matching: JobFilter(queues: ["work"]), after: cursor)
            listed += page.jobs.map(\.id)
            cursor = page.next
        } while cursor != nil
        #expect(listed == ids)
        try await fixture.running(worker) {
            try await withThrowingTaskGroup(of: String.self) { group in
                for id in ids {
                    group.addTask { try await fixture.client.result(of: Enqueued(Large.self, id: id)) }
                }
                for try await result in group { #expect(result.count == 200_000) }
            }
        }
        await fixture.client.close()
    }
}
