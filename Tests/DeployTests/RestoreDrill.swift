import Foundation
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// One side of a restore: a Redis, a client and a worker process of the queue `load`.
final class RestoreSide: Sendable {
    static let queue: QueueName = "load"

    let server: RedisTestServer
    let queues: TestNamespace
    let inspector: Inspector
    let client: SluiceClient

    /// - Parameter other: The side whose namespace this one has.
    init(_ server: RedisTestServer, like other: RestoreSide? = nil) async throws {
        self.server = server
        if let other {
            queues = try TestNamespace(other.queues, on: server)
        } else {
            queues = try await TestNamespace(on: server, clock: .server)
        }
        inspector = Inspector(queues.store)
        var options = SluiceClient.Options()
        options.namespace = queues.namespace
        client = try await SluiceClient(.url(server.url), options: options)
    }

    /// The id of a job, which its producer chose.
    static func id(_ number: Int) -> String { "job-\(number)" }

    /// Enqueues jobs by number. Returns how many were not there yet; all are acknowledged then.
    @discardableResult
    func enqueue(_ numbers: some Sequence<Int>) async throws -> Int {
        let requests = try numbers.map { number in
            var request = try JobRequest(kind: "load", queue: Self.queue, arguments: "\(number)")
            request.id = JobID(known: Self.id(number))
            return request
        }
        return try await client.enqueue(requests).added
    }

    /// Starts a worker process that writes its runs to a log.
    func worker(log: String) async throws -> ChildProcess {
        let words = [server.url, queues.namespace.text, log, "5", "10", "batched", "5000", "5000"]
        return try await ChildProcess("FaultWorker", words)
    }

    /// The ids of the jobs in some states, all that are there unless it is said otherwise.
    func ids(_ states: [JobState] = JobState.listed) async throws -> Set<String> {
        var ids: Set<String> = []
        var cursor: String?
        repeat {
            let filter = JobFilter(queues: [Self.queue], states: states)
            let page = try await inspector.jobs(matching: filter, limit: 1000, after: cursor)
            ids.formUnion(page.jobs.map(\.id.text))
            cursor = page.next
        } while cursor != nil
        return ids
    }

    /// Waits until so many jobs of the queue have completed.
    func completed(_ count: Int) async -> Bool {
        await queues.eventually(in: Self.queue) {
            try await inspector.status(of: Self.queue).states[.completed, default: 0] >= count
        }
    }

    /// What an audit finds.
    func violations() async throws -> [String] {
        try await inspector.audit(Self.queue).violations.map { "\($0.invariant) \($0.what)" }
    }
}

/// A directory for a copy of a server's files and for the log of the runs. It is removed with the drill.
final class RestoreFiles: Sendable {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "sluice-restore-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Where the runbook puts the copy.
    var copy: String { folder.appending(path: "copy").path }
    /// Where the workers write what they run.
    var log: String { folder.appending(path: "runs.log").path }

    /// Runs a block of the runbook, with the variables that it asks for.
    func run(_ block: String, on server: RedisTestServer) async throws {
        let script = try Runbook().block(block)
        let result = try await Subprocess.run(
            .path("/bin/sh"), arguments: ["-eu", "-c", script],
            environment: .inherit.updating([
                "REDIS": "-s \(server.socketPath)", "DIR": server.directory, "TO": copy, "REDISCLI_AUTH": nil,
            ]),
            input: .none, output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
        #expect(result.terminationStatus.isSuccess, "\(block): \(result.standardOutput)\(result.standardError)")
    }

    /// The fences with which each job was started, in the order of the log.
    func fences() -> [String: [UInt64]] {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        var fences: [String: [UInt64]] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 5, words[0] == "start", let fence = UInt64(words[2]) else { continue }
            fences[String(words[1]), default: []].append(fence)
        }
        return fences
    }
}
