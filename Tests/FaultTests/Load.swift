import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import Synchronization
import TestSupport
import Testing

/// A server of the test's own with a queue of jobs and worker processes that run them, and what must be true at the end.
final class Load: Sendable {
    let server: RedisTestServer
    let queues: TestNamespace
    let client: SluiceClient
    let inspector: Inspector
    let log: RunLog
    let queue: QueueName = "load"
    private let workers = Mutex<[WorkerProcess]>([])

    init(
        _ options: RedisTestServer.Options = RedisTestServer.Options(), clock: TestNamespace.Clock = .server,
        patience: Duration = .seconds(20)
    ) async throws {
        server = try await RedisTestServer.start(options)
        if clock == .virtual { try await server.useVirtualClock() }
        queues = try await TestNamespace(on: server, clock: clock)
        var clientOptions = SluiceClient.Options()
        clientOptions.namespace = queues.namespace
        clientOptions.patience = patience
        client = try await SluiceClient(.url(server.url), options: clientOptions)
        inspector = Inspector(queues.store)
        log = RunLog(path: server.directory + "/runs.log")
    }

    /// Starts a worker process; it ends with the load at the latest.
    func worker(
        concurrency: Int = 10, milliseconds: Int = 10, ack: String = "batched", lease: Int = 2000, grace: Int = 5000,
        url: String? = nil, limits: [String] = [], through starter: [String] = []
    ) async throws -> WorkerProcess {
        let arguments = [
            url ?? server.url, queues.namespace.text, log.path, "\(concurrency)", "\(milliseconds)", ack, "\(lease)", "\(grace)",
        ]
        let worker = try await WorkerProcess(arguments: arguments + limits, through: starter)
        workers.withLock { $0.append(worker) }
        return worker
    }

    /// Starts a process that serves the queues `load` and `away`.
    func chainWorker(
        through url: String? = nil, lease: Int = 2000, ack: String = "batched", milliseconds: Int = 0
    ) async throws -> WorkerProcess {
        let worker = try await WorkerProcess(
            arguments: ["chain", url ?? server.url, queues.namespace.text, log.path, "\(lease)", ack, "\(milliseconds)"])
        workers.withLock { $0.append(worker) }
        return worker
    }

    /// Starts a process that serves the queue and its web hooks.
    func hookWorker(through url: String? = nil, lease: Int = 3000) async throws -> WorkerProcess {
        let worker = try await WorkerProcess(arguments: ["hooks", url ?? server.url, queues.namespace.text, "\(lease)"])
        workers.withLock { $0.append(worker) }
        return worker
    }

    func enqueue(_ count: Int, kind: String = "load") async throws {
        let requests = try (0..<count).map { try JobRequest(kind: kind, queue: queue, arguments: "\($0)") }
        #expect(try await client.enqueue(requests).added == count)
    }

    /// Enqueues jobs of some accounts in turn, whose ids tell the account: `3-17`.
    /// - Parameter bytes: The length of their arguments; that of a number if zero.
    func enqueue(_ count: Int, accounts: Int, from first: Int = 0, bytes: Int = 0) async throws {
        let requests = try (first..<first + count).map { number in
            let arguments = bytes == 0 ? "\(number)" : "\"\(String(repeating: "x", count: bytes))\""
            var request = try JobRequest(kind: "load", queue: queue, arguments: arguments)
            request.partitions = ["account": "\(number % accounts)"]
            request.id = JobID(known: "\(number % accounts)-\(number)")
            return request
        }
        #expect(try await client.enqueue(requests).added == count)
    }

    /// Enqueues until a worker is busy, whatever the others take. Returns how many that took.
    func occupy(_ worker: WorkerProcess, kind: String = "load") async throws -> Int {
        var total = 0
        repeat {
            try await enqueue(1000, kind: kind)
            total += 1000
        } while await !queues.eventually(in: queue, within: .seconds(1)) { log.starts(in: worker.pid) > 10 } && total < 20_000
        #expect(log.starts(in: worker.pid) > 10)
        return total
    }

    /// Waits until so many jobs have ended well.
    func completed(_ count: Int, within limit: Duration = .seconds(300)) async -> Bool {
        await queues.eventually(in: queue, within: limit) {
            try await inspector.status(of: queue).totals["completed", default: 0] >= count
        }
    }

    /// Every job has ended, each exactly once as far as Redis is concerned, and nothing is left behind.
    func expectAllDone(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let done = await completed(count)
        let status = try await inspector.status(of: queue)
        #expect(done, "\(status.states) \(status.totals)", sourceLocation: sourceLocation)
        #expect(status.totals["enqueued"] == count, sourceLocation: sourceLocation)
        #expect(status.totals["completed"] == count, sourceLocation: sourceLocation)
        for state in JobState.allCases where state != .completed {
            #expect(status.states[state] == 0, "\(state)", sourceLocation: sourceLocation)
        }
        let audit = try await inspector.audit(queue)
        #expect(audit.violations.map { "\($0.invariant) \($0.what)" } == [], sourceLocation: sourceLocation)
        let left = try await queues.dump().keys.filter { key in
            ["executing", "held:", "cancel:", "wait:", "lanes", "ready", "suspects", "gate:", "parked:", "where"].contains {
                key.contains(":" + $0)
            }
        }
        #expect(left == [], sourceLocation: sourceLocation)
        #expect(Set(log.entries().filter { $0.isEnd }.map(\.id)).count == count, sourceLocation: sourceLocation)
    }

    func total(_ name: String) async throws -> Int { try await inspector.status(of: queue).totals[name, default: 0] }

    /// Jobs that a process holds, as Redis knows it.
    func held(by worker: WorkerProcess) async throws -> Int {
        let all = try await inspector.workers(of: queue)
        return all.filter { $0.worker.text.split(separator: ".").contains("\(worker.pid)") }.reduce(0) { $0 + $1.jobs }
    }

    /// Jobs whose handler started more than once.
    func startedTwice() -> [String] {
        let starts = Dictionary(grouping: log.entries().filter { !$0.isEnd }, by: \.id)
        return starts.filter { $0.value.count > 1 }.keys.sorted()
    }
}

/// What the workers have written of their runs.
struct RunLog: Sendable {
    struct Entry: Sendable {
        var isEnd: Bool
        var id: String
        var fence: UInt64
        var process: Int32
        /// In microseconds since 1970.
        var time: Int
    }

    let path: String

    func entries() -> [Entry] {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 5, let fence = UInt64(words[2]), let process = Int32(words[3]), let time = Int(words[4])
            else { return nil }
            return Entry(isEnd: words[0] == "end", id: String(words[1]), fence: fence, process: process, time: time)
        }
    }

    /// The tokens that charges were made with, by job.
    func charges() -> [String: [String]] {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }.filter { $0.first == "charge" }
        return Dictionary(grouping: lines.filter { $0.count == 5 }, by: { $0[1] }).mapValues { $0.map { $0[2] } }
    }

    /// Whether a process is in the middle of something.
    func runs(in process: Int32) -> Bool {
        let own = entries().filter { $0.process == process }
        return own.count { !$0.isEnd } > own.count { $0.isEnd }
    }

    /// How many runs have begun in a process.
    func starts(in process: Int32) -> Int { entries().count { !$0.isEnd && $0.process == process } }
}
