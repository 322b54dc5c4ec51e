import Foundation
import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// The built `sluice`, run as a process, on a server and in a namespace of the test's own.
struct Tool {
    struct Result {
        var status: Int
        var output: String
        var error: String

        /// Standard output as JSON.
        func decoded<Value: Decodable>(_: Value.Type) throws -> Value {
            try JSONDecoder().decode(Value.self, from: Data(output.utf8))
        }
    }

    let server: RedisTestServer
    let url: String
    let namespace = "t\(UInt64.random(in: .min ... .max))"

    /// - Parameter server: The shared one if nil.
    init(server: RedisTestServer? = nil, url: String? = nil) async throws {
        let chosen: RedisTestServer
        if let server { chosen = server } else { chosen = try await RedisTestServer.shared() }
        self.server = chosen
        self.url = url ?? chosen.url
    }

    /// Runs the tool with the test's server and namespace.
    func run(
        _ arguments: String..., input: String = "", environment: [String: String] = [:]
    ) async throws -> Result {
        try await Self.run(
            ["--redis", url, "--namespace", namespace] + arguments, input: input, environment: environment)
    }

    /// Runs the tool, or another program beside it, as it is.
    static func run(
        _ arguments: [String], of program: String = "sluice", input: String = "", environment: [String: String] = [:]
    ) async throws -> Result {
        var changes: [Environment.Key: String?] = ["SLUICE_REDIS_URL": nil, "SLUICE_HOME": "/nonexistent"]
        for (name, value) in environment { changes.updateValue(value, forKey: Environment.Key(stringLiteral: name)) }
        let result = try await Subprocess.run(
            .path(FilePath(try path(of: program))), arguments: Arguments(arguments),
            environment: .inherit.updating(changes),
            input: .string(input), output: .string(limit: 16 << 20), error: .string(limit: 1 << 20))
        guard case .exited(let status) = result.terminationStatus else {
            // A test that is over ends what it started.
            if !Task.isCancelled { Issue.record("\(program) \(arguments.joined(separator: " ")) was ended by a signal") }
            return Result(status: -1, output: result.standardOutput, error: result.standardError)
        }
        return Result(status: Int(status), output: result.standardOutput, error: result.standardError)
    }

    static var path: String { get throws { try path(of: "sluice") } }

    /// The path of a program beside the tests.
    static func path(of program: String) throws -> String { try BuiltProgram.path(program) }
}

/// A worker of the queue `mail`, driven by hand.
struct HandWorker {
    let store: Store
    let worker = WorkerID(host: "host", process: 7)

    init(_ tool: Tool) async throws {
        store = Store(try RedisConfiguration(url: tool.url), namespace: try Namespace(tool.namespace))
        _ = try await store.call(
            Resync(worker: worker, session: 1, lease: .seconds(7200), info: #"{"concurrency":4}"#, running: []),
            on: "mail")
    }

    /// One cycle.
    @discardableResult
    func cycle(_ call: Int, demand: Int = 0, _ settlements: [Settlement] = []) async throws -> [ClaimedJob] {
        let cycle = Cycle(
            worker: worker, session: 1, call: call, demand: demand, idle: .seconds(10), settlements: settlements)
        return try await store.call(cycle, on: "mail").jobs
    }
}
