import Foundation
import Hiredis
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceToolSupport
import Subprocess
import SystemPackage
import TestSupport
import Testing

@testable import SluiceCLI

/// Secrets that change while a program runs, and SIGHUP.
@Suite(.timeLimit(.minutes(10)))
struct ReloadToolTests {
    private static let read = "secrets were read again"
    private static let kept = "what was read before stays in use"

    private let folder = Tool.newPath()

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    private func write(_ name: String, _ text: String) throws -> String {
        let path = "\(folder)/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return path
    }

    private var log: String { (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? "" }

    private func count(_ text: String) -> Int { log.ranges(of: text).count }

    /// Waits until a text was logged so often. Each look runs a command, which is what lets time pass.
    private func wait(for text: String, times: Int = 1) async throws {
        let deadline = ContinuousClock.now + .seconds(300)
        while count(text) < times {
            guard ContinuousClock.now < deadline else { throw Failure("'\(text)' was not logged: \(log)") }
            _ = try await Subprocess.run(.name("true"), output: .discarded)
        }
    }

    /// Runs a program without a terminal while `body` runs, which gets its process id; then stops it.
    private func run(_ program: String, _ words: [String], _ body: (Int32) async throws -> Void) async throws {
        var platform = PlatformOptions()
        platform.createSession = true
        let result = try await Subprocess.run(
            .path("/bin/sh"),
            arguments: Arguments(["-c", "exec 2>\(folder)/log; exec \"$0\" \"$@\"", try Tool.path(of: program)] + words),
            environment: .inherit.updating(["SLUICE_REDIS_URL": nil, "SLUICE_CONFIG": nil]), platformOptions: platform,
            input: .none, output: .discarded, error: .discarded
        ) { child in
            do {
                try await body(child.processIdentifier.value)
            } catch {
                Issue.record(error)
            }
            try child.send(signal: .terminate)
        }
        #expect(result.terminationStatus == .exited(0), "\(log)")
    }

    /// Enqueues a job, and waits until it is done.
    private func complete(_ id: String, _ tool: Tool, _ options: [String] = []) async throws {
        let store = Store(try RedisConfiguration(url: tool.server.socketURL), namespace: try Namespace(tool.namespace))
        let inspector = Inspector(store)
        let added = try await Tool.run(
            ["--redis", tool.server.socketURL, "--namespace", tool.namespace, "enqueue", "mail", "--id", id] + options)
        #expect(added.status == 0, "\(added)")
        _ = try await tool.job(id, inspector) { $0.state == .completed }
        await inspector.close()
    }

    private static func replace(_ path: String, by other: String) throws {
        try Data(contentsOf: URL(fileURLWithPath: other)).write(to: URL(fileURLWithPath: path))
    }

    @Test func aPasswordIsRotatedUnderAWorker() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try await RedisTestServer.start(.init(aclUsers: ["worker on >old-password ~* +@all"]))
        let tool = try await Tool(server: server)
        let socket = server.socketURL.dropFirst("unix://".count)
        let password = try write("password", "old-password\n")
        let settings = try write(
            "sluice.yaml",
            """
            redis: unix://worker@\(socket)
            redis-password-file: \(password)
            namespace: \(tool.namespace)
            worker: {queues: [mail], exec: cat}
            """)
        try await run("sluice", ["worker", "--config", settings]) { worker in
            try await complete("a", tool)
            try await server.cli("ACL", "SETUSER", "worker", ">fresh-password")
            _ = try write("password", "fresh-password\n")
            kill(worker, SIGHUP)
            try await wait(for: Self.read)
            try await server.cli("ACL", "SETUSER", "worker", "<old-password")
            try await server.cli("CLIENT", "KILL", "USER", "worker")
            try await complete("b", tool)

            _ = try write("password", "")
            kill(worker, SIGHUP)
            try await wait(for: Self.kept)
            try await server.cli("CLIENT", "KILL", "USER", "worker")
            try await complete("c", tool)
            #expect(count(Self.kept) == 1 && count("'\(password)' is empty") == 1, "\(log)")

            _ = try write("password", "fresh-password")
            kill(worker, SIGHUP)
            try await wait(for: Self.read, times: 2)
        }
        #expect(log.contains("worker stopped") && !log.contains("-password\n") && !log.contains("fresh"), "\(log)")
    }

    @Test func certificatesAreRenewedUnderAWorker() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try await RedisTestServer.start(.init(tls: true))
        let tls = try #require(server.tls)
        let tool = try await Tool(server: server)
        let words = ["--redis", server.url, "--namespace", tool.namespace, "worker", "mail", "--exec", "cat"]
        try await run("sluice", words) { worker in
            try await complete("a", tool)
            let renewed = try await TestCertificates.make(in: folder)
            try Self.replace(tls.clientKey, by: renewed.clientKey)
            kill(worker, SIGHUP)
            try await wait(for: Self.kept)
            try await server.cli("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            try await complete("b", tool)

            for (old, new) in [
                (tls.authority, renewed.authority), (tls.clientCertificate, renewed.clientCertificate),
                (tls.serverCertificate, renewed.serverCertificate), (tls.serverKey, renewed.serverKey),
            ] { try Self.replace(old, by: new) }
            kill(worker, SIGHUP)
            try await wait(for: Self.read)
            try await server.cli(
                "CONFIG", "SET", "tls-cert-file", tls.serverCertificate, "tls-key-file", tls.serverKey, "tls-ca-cert-file",
                tls.authority)
            try await server.cli("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            try await complete("c", tool)
            #expect(count(Self.kept) == 1, "\(log)")
        }
    }

    @Test func keysAreRotatedUnderAWorker() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let tool = try await Tool()
        let first = try await Tool.run(["keys", "new", "first"]).output
        let keys = try write("keys", first)
        let rotated = try write("rotated", try await Tool.run(["keys", "rotate", "second", "--keys", keys]).output)
        let words = ["--redis", tool.url, "--namespace", tool.namespace, "worker", "mail", "--exec", "cat", "--keys", keys]
        try await run("sluice", words) { worker in
            try await complete("a", tool, ["--encrypt", "--keys", keys, "--args", "1"])
            _ = try write("keys", "{}")
            kill(worker, SIGHUP)
            try await wait(for: "the keys: \(Self.kept)")
            try await complete("b", tool, ["--encrypt", "--keys", try write("old", first), "--args", "1"])
            _ = try write("keys", try await Tool.run(["keys", "new", "first"]).output)
            kill(worker, SIGHUP)
            try await wait(for: "the index key is another one")
            try Self.replace(keys, by: rotated)
            kill(worker, SIGHUP)
            try await wait(for: Self.read)
            try await complete("c", tool, ["--encrypt", "--keys", rotated, "--args", "1"])
        }
    }

    @Test func secretsOfWebHooksAreRotated() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let tool = try await Tool()
        let receiver = try await HookReceiver()
        let secrets = try write("secrets", "a secret of enough bytes\n")
        func signatures(_ id: String, _ number: Int) async throws -> Int {
            #expect(try await tool.run("enqueue", "mail", "--id", id, "--notify", receiver.url).status == 0)
            #expect(try await tool.run("jobs", "cancel", "--queue", "mail", id).status == 0)
            let deadline = ContinuousClock.now + .seconds(120)
            while receiver.requests.count < number, .now < deadline {
                _ = try await Subprocess.run(.name("true"), output: .discarded)
            }
            return receiver.requests.last?.headers["sluice-signature"]?.split(separator: ",").count ?? 0
        }
        let words = ["--redis", tool.url, "--namespace", tool.namespace, "--secret-file", secrets, "--allow-private"]
        try await run("sluice-webhooks", words) { program in
            #expect(try await signatures("a", 1) == 1)
            _ = try write("secrets", "another one of enough bytes\na secret of enough bytes\n")
            kill(program, SIGHUP)
            try await wait(for: Self.read)
            #expect(try await signatures("b", 2) == 2)
            _ = try write("secrets", "short")
            kill(program, SIGHUP)
            try await wait(for: "the secrets: \(Self.kept)")
            #expect(try await signatures("c", 3) == 2)
        }
        await receiver.close()
    }

    @Test func usersAndTheSecretOfTheServerAreReadAgain() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let tool = try await Tool()
        let ada = try await Tool.run(["password", "ada"], of: "sluice-server", input: "correct horse\n").output
        let (users, secret) = (try write("users", ada), try write("secret", String(repeating: "s", count: 40)))
        let words = [
            "--redis", tool.url, "--namespace", tool.namespace, "--listen", "127.0.0.1:0", "--users", users, "--secret-file",
            secret,
        ]
        try await run("sluice-server", words) { server in
            try await wait(for: "serving")
            _ = try write("secret", "short")
            kill(server, SIGHUP)
            try await wait(for: "the secret: \(Self.kept)")
            #expect(log.contains("has fewer than 32 bytes") && !log.contains("the users: "), "\(log)")
            _ = try write("secret", String(repeating: "t", count: 40))
            _ = try write("users", "ada boss x")
            kill(server, SIGHUP)
            try await wait(for: "the users: \(Self.kept)")
            _ = try write("users", ada)
            kill(server, SIGHUP)
            try await wait(for: Self.read)
            #expect(log.contains("secret, users"), "\(log)")
        }
    }
}
