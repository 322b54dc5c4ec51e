import Foundation
import SluiceTesting
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// A built program, run on a Redis of the test's own.
struct Program {
    struct Result {
        var status: TerminationStatus
        var output: String
        var error: String
    }

    let name: String
    let server: RedisTestServer

    init(_ name: String) async throws {
        self.name = name
        server = try await RedisTestServer.start()
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A file that is not there yet.
    static func newFile() -> URL { FileManager.default.temporaryDirectory.appending(path: "example-\(UUID().uuidString)") }

    /// Runs it to its end.
    func callAsFunction(_ arguments: String..., environment: [String: String] = [:]) async throws -> Result {
        let result = try await Subprocess.run(
            .path(FilePath(try path)), arguments: Arguments(arguments), environment: changed(environment), input: .none,
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        return Result(status: result.terminationStatus, output: result.standardOutput, error: result.standardError)
    }

    /// Runs it while `body` does, and asks it to stop then. What it prints goes into the file.
    func run(
        _ arguments: [String] = [], environment: [String: String] = [:], output file: URL, while body: () async throws -> Void
    ) async throws -> TerminationStatus {
        let output = try FileDescriptor.open(
            FilePath(file.path), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        var platform = PlatformOptions()
        platform.teardownSequence = [.send(signal: .kill, allowedDurationToNextStep: .zero)]
        return try await Subprocess.run(
            .path(FilePath(try path)), arguments: Arguments(arguments), environment: changed(environment),
            platformOptions: platform, input: .none, output: .fileDescriptor(output, closeAfterSpawningProcess: true),
            error: .discarded
        ) { child in
            do {
                try await body()
            } catch {
                try? child.send(signal: .kill)
                throw error
            }
            try child.send(signal: .terminate)
        }.terminationStatus
    }

    private var path: String { get throws { try BuiltProgram.path(name) } }

    private func changed(_ environment: [String: String]) -> Environment {
        var changes: [Environment.Key: String?] = ["SLUICE_REDIS_URL": server.url]
        for (name, value) in environment { changes.updateValue(value, forKey: Environment.Key(stringLiteral: name)) }
        return .inherit.updating(changes)
    }
}

/// Waits for what other processes do: each look runs a command, which is what lets time pass.
func eventually<Value>(_ what: String, _ look: () async throws -> Value?) async throws -> Value {
    let end = ContinuousClock.now + .seconds(120)
    while true {
        if let value = try await look() { return value }
        try #require(ContinuousClock.now < end, "waited in vain for \(what)")
        _ = try await Subprocess.run(.name("true"), output: .discarded)
    }
}
