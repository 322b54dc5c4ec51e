import Foundation
import SluiceTesting
import Subprocess
import TestSupport
import Testing

@testable import SluiceWeb

/// A built `sluice-server` in a process of its own, with the users `admin`, `operator` and `viewer`.
struct ServerProcess: Sendable {
    private let child: ChildProcess

    /// Starts it and waits until it listens.
    /// - Parameters:
    ///   - port: 0 for a free one.
    ///   - redis: the URL of a proxy to the Redis of the queues; nil for Redis itself.
    ///   - options: further arguments.
    init(
        _ queues: TestNamespace, _ files: ServerFiles, port: Int = 0, through redis: String? = nil, _ options: [String] = []
    ) async throws {
        let arguments = [
            "--redis", redis ?? queues.url, "--namespace", "\(queues.namespace)", "--listen", "127.0.0.1:\(port)", "--users",
            files.users,
        ]
        child = try await ChildProcess("sluice-server", arguments + options) { line in
            line.firstMatch(of: /serving +url=(http:\/\/[^\/\s]+)/).map { String($0.output.1) }
        }
    }

    var pid: Int32 { child.pid }

    /// Where it listens: `http://127.0.0.1:` and the port.
    var url: String { child.words }

    var port: Int { url.split(separator: ":").last.flatMap { Int($0) } ?? 0 }

    /// Ends it at once, and returns when it is gone.
    func killAndWait() async { await child.killAndWait() }

    /// Returns whether it ended with exit status 0, when it has ended.
    func hasEndedWell() async -> Bool { await child.hasEndedWell() }
}

/// The files of a server: its users, and what signs their cookies. They are removed with the last reference.
final class ServerFiles: Sendable {
    let directory: URL

    /// Each user has the password `secret-` and the name.
    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "web-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let lines = try ["admin", "operator", "viewer"].map { "\($0) \($0) \(try PasswordHash(of: "secret-\($0)"))\n" }
        try write(lines.joined(), to: users)
        try write("what signs the cookies of the tests, again and again", to: secret)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    var users: String { directory.appending(path: "users").path }

    var secret: String { directory.appending(path: "secret").path }

    /// Writes a file that no other user can read.
    func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }
}

/// The Python scripts beside this file.
enum Scripts {
    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// A program of `PATH`, or of the directories that hold programs for administrators.
    static func program(_ names: String...) -> String? {
        let path = "\(ProcessInfo.processInfo.environment["PATH"] ?? ""):/usr/sbin:/usr/local/sbin".split(separator: ":")
        return names.lazy.flatMap { name in path.map { "\($0)/\(name)" } }.first(
            where: FileManager.default.isExecutableFile(atPath:))
    }

    /// Runs a script to its end. Returns the lines that it printed; what it says of errors is recorded.
    static func run(_ name: String, _ arguments: [String]) async throws -> [String] {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: name).path
        return try await python([script] + arguments)
    }

    /// Whether Python finds modules.
    static func hasModules(_ names: String...) async -> Bool {
        let result = try? await Subprocess.run(
            .name("python3"), arguments: ["-c", "import \(names.joined(separator: ", "))"], environment: environment,
            output: .discarded, error: .discarded)
        return result?.terminationStatus.isSuccess ?? false
    }

    /// A port that was free a moment ago.
    static func freePort() async throws -> Int {
        let script = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
        return try #require(try await python(["-c", script]).first.flatMap { Int($0) })
    }

    private static func python(_ arguments: [String]) async throws -> [String] {
        let result = try await Subprocess.run(
            .name("python3"), arguments: Arguments(arguments), environment: environment, input: .none,
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        #expect(result.terminationStatus.isSuccess, "\(result.standardError)")
        return result.standardOutput.split(separator: "\n").map(String.init)
    }

    /// `deploy/test` installs modules for the tests there.
    private static var environment: Environment {
        let known = ProcessInfo.processInfo.environment["PYTHONPATH"].map { [$0] } ?? []
        let path = [package.appending(path: ".build/python").path] + known
        return .inherit.updating(["PYTHONPATH": path.joined(separator: ":"), "PYTHONDONTWRITEBYTECODE": "1"])
    }
}
