import Foundation
import SluiceCore
import SluiceInspector
import SluiceTesting
import Subprocess
import Testing

@testable import SluiceCLI

/// Workers that end by themselves, as processes.
@Suite(.timeLimit(.minutes(10)))
struct WorkerEndTests {
    private func workers(_ tool: Tool) async throws -> Int {
        struct Row: Decodable {}
        return try await tool.run("workers", "list", "--json").decoded([Row].self).count
    }

    @Test func anEmptyQueueEndsTheWorkerWithStatusZero() async throws {
        let tool = try await Tool()
        let lines = String(repeating: "x\n", count: 20)
        _ = try await tool.run("enqueue", "mail", "--lines", input: lines)
        _ = try await tool.run("enqueue", "mail", "--id", "bad", "--kind", "bad", "--max-attempts", "2")
        _ = try await tool.run("enqueue", "mail", "--id", "later", "--delay", "1h")
        let command = #"sh -c 'test "$SLUICE_KIND" != bad'"#
        let end = try await tool.worker(command, ["--exit-when-empty", "--lease", "1d", "--metrics-port", "0"]) { _, _ in }
        #expect(end.status == .exited(0), "\(end.log)")
        #expect(end.log.contains("the queues of the worker are empty: it ends"), "\(end.log)")
        #expect(end.log.contains("worker stopped"))
        let inspector = Inspector(try await HandWorker(tool).store)
        let status = try await inspector.status(of: "mail")
        #expect(status.states[.completed] == 20)
        #expect(status.states[.scheduled] == 1)
        #expect(status.states[.retryable] == 1)
        #expect(try await tool.run("audit").status == 0)
        await inspector.close()
    }

    @Test func nothingOfAWorkerThatEndsIsLeft() async throws {
        let tool = try await Tool()
        for options in [["--exit-when-empty"], ["--max-jobs", "2"]] {
            for id in ["a", "b"] { _ = try await tool.run("enqueue", "mail", "--id", id + options.joined()) }
            let end = try await tool.worker("cat", options + ["--lease", "1d"]) { _, _ in }
            #expect(end.status == .exited(0), "\(end.log)")
            #expect(try await workers(tool) == 0)
        }
    }

    @Test func aWorkerRunsAsManyJobsAsItIsToldTo() async throws {
        let tool = try await Tool()
        let lines = String(repeating: "x\n", count: 20)
        _ = try await tool.run("enqueue", "mail", "--lines", input: lines)
        // The grace is for a stop by others.
        let end = try await tool.worker(
            "sh -c 'sleep 0.2; exit 65'", ["--max-jobs", "7", "--concurrency", "4", "--grace", "1ms"]
        ) { _, _ in }
        #expect(end.status == .exited(0), "\(end.log)")
        #expect(end.log.contains("the worker has run its jobs: it ends"), "\(end.log)")
        let inspector = Inspector(try await HandWorker(tool).store)
        let status = try await inspector.status(of: "mail")
        #expect(status.states[.discarded] == 7)
        #expect(status.states[.available] == 13)
        #expect(status.totals["started"] == 7)
        await inspector.close()
    }

    /// The worker wants to end while Redis is away: what has run is told when Redis is back.
    @Test func itWaitsForRedisBeforeItEnds() async throws {
        let server = try await RedisTestServer.start(.init(aof: true))
        let tool = try await Tool(server: server)
        let path = Tool.newPath()
        defer { unlink(path) }
        _ = try await tool.run("enqueue", "mail", "--id", "a")
        let command = "sh -c 'until test -e \(path); do sleep 0.05; done'"
        let end = try await tool.worker(command, ["--max-jobs", "1", "--grace", "1ms", "--lease", "1d"]) { _, inspector in
            _ = try await tool.job("a", inspector) { $0.state == .executing }
            try await server.stop()
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            for _ in 0..<100 { _ = try await Subprocess.run(.name("true"), output: .discarded) }
            try await server.restart()
            _ = try await tool.job("a", inspector) { $0.state == .completed }
        }
        #expect(end.status == .exited(0), "\(end.log)")
        #expect(end.log.contains("a call to Redis failed"), "\(end.log)")
        #expect(try await workers(tool) == 0)
    }

    @Test func aStopMeanwhileHasItsGrace() async throws {
        let tool = try await Tool()
        _ = try await tool.run("enqueue", "mail", "--id", "a")
        let end = try await tool.worker("sleep 1000", ["--exit-when-empty", "--grace", "1ms"]) { child, inspector in
            _ = try await tool.job("a", inspector) { $0.state == .executing }
            try child.send(signal: .terminate)
            _ = try await tool.job("a", inspector) { $0.state == .available }
        }
        #expect(end.status == .exited(0), "\(end.log)")
        #expect(!end.log.contains("it ends"), "\(end.log)")
    }

    @Test func noJobsIsUsage() async throws {
        let result = try await Tool.run(["worker", "q", "--exec", "cat", "--max-jobs", "0"])
        #expect(result.status == 2 && result.error.contains("--max-jobs is 1 or more"), "\(result.error)")
    }
}
