import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWorker
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

    private func make(_ log: LogRecorder? = nil) async throws -> (Fixture, Worker) {
        let server = try await RedisTestServer.start(.init(config: [Self.bound]))
        let fixture = try await Fixture(.server, on: server)
        return (fixture, fixture.worker(8, log: log))
    }

    @Test func jobsThatDoNotFitInOneReplyAreClaimedOneByOne() async throws {
        let log = LogRecorder()
        let (fixture, worker) = try await make(log)
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

    @Test func listsAndResultsComeInPartsThatFit() async throws {
        let (fixture, worker) = try await make()
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
                    group.addTask { try await fixture.client.result(of: Large.self, id) }
                }
                for try await result in group { #expect(result.count == 200_000) }
            }
        }
        await fixture.client.close()
    }
}
