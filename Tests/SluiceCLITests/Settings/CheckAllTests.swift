import Foundation
import SluiceTesting
import Testing

@testable import SluiceCLI

/// `--check` finds all that is wrong in one run, whichever part of the program would refuse it; and a file that cannot be read is one
/// line.
@Suite(.timeLimit(.minutes(5)))
struct CheckAllTests {
    private let folder = Tool.newPath()
    private var file: String { "\(folder)/sluice.yaml" }

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    private func check(_ program: String, _ words: [String], _ yaml: String) async throws -> Tool.Result {
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        return try await Tool.run(words + ["--config", file, "--check"], of: program)
    }

    /// The lines of the findings, without the path.
    private func findings(_ result: Tool.Result) -> [String] {
        result.error.split(separator: "\n").map { String($0).replacing("\(file):", with: "") }
    }

    /// Red if a refusal of the parser, or of the file, kept the others from being told.
    @Test func theWorkerTellsAll() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let yaml = """
            redis: redis://127.0.0.1:1
            redis-password-file: /nonexistent/password
            keys: /nonexistent/keys
            namespce: shop
            worker:
              queues: [mail, "two words", mail]
              exec: no-such-program-anywhere
              concurrency: many
              longest-job: 10m
              grace: 5m
              lease: 2d
              limit: [rate=x]
              json: 7
              metrics-port: 70000
            """
        let result = try await check("sluice", ["worker"], yaml)
        let found = findings(result)
        #expect(result.status == 2 && result.output == "", "\(result)")
        let lines = [2, 3, 4, 6, 6, 7, 8, 10, 11, 12, 13, 14]
        #expect(found.map { Int($0.dropFirst("sluice: ".count).prefix { $0 != ":" }) } == lines, "\(result.error)")
        let parts = [
            "/nonexistent/password", "/nonexistent/keys", "'namespce'", "two words", "named twice: 'mail'", "no-such-program",
            "'many'", "shorter than --longest-job 10m", "--lease is 1s to 1d", "rate=x", "'json' is true or false",
            "--metrics-port is 0 to 65535",
        ]
        for part in parts { #expect(found.contains { $0.contains(part) }, "\(part): \(result.error)") }
    }

    /// What is missing is told once, at the section, and the rest is tried all the same.
    @Test func whatIsMissingIsToldWithTheRest() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let result = try await check("sluice", ["worker"], "keys: /nonexistent/keys\nworker:\n  lease: 2d\n  exec: [a]\n")
        let found = findings(result)
        #expect(result.status == 2 && found.count == 4, "\(result.error)")
        let texts = ["1: the file of keys", "2: missing expected argument '<queues>", "3: --lease", "4: 'exec'"]
        for (line, text) in zip(found, texts) {
            #expect(line.contains(": \(text)"), "\(line)")
        }
    }

    @Test func theOthersTellAll() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let yaml = "redis: redis://h\nserver:\n  listen: 0.0.0.0:x\n  users: /nonexistent/users\n  role: viewer\n  pth: a\n"
        let server = try await check("sluice-server", [], yaml)
        let lines = findings(server).map { $0.dropFirst("sluice-server: ".count).prefix(1) }
        #expect(lines == ["3", "4", "5", "6"], "\(server.error)")
        let open = try await check("sluice-server", [], "redis: redis://h\nserver:\n  listen: 0.0.0.0:80\n")
        #expect(findings(open).count == 1 && open.error.contains(":3: --listen 0.0.0.0:80: a server on"), "\(open.error)")
        let settings = "webhooks:\n  lease: 2d\n  timeout: 0s\n  secret-file: /nonexistent/s\n"
        let hooks = try await check("sluice-webhooks", [], settings)
        #expect(hooks.error.contains(":2: ") && hooks.error.contains(":3: ") && hooks.error.contains(":4: "), "\(hooks.error)")
    }

    /// Red, or without an end, if a file were opened that holds up whoever opens it.
    @Test func whatIsNoFileIsOneLine() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let pipe = "\(folder)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        try Data(repeating: 0x23, count: 2 << 20).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        for (path, text) in [
            (pipe, "is a pipe to which nobody writes"), (folder, "is no file"), ("/dev/zero", "is no file"),
            (file, "at most 1 MiB"), ("\(folder)/none", "No such file"),
        ] {
            for words in [["worker"], ["status"]] {
                let result = try await Tool.run(words + ["--config", path])
                #expect(result.status == 2 && result.error.contains(text), "\(result)")
                #expect(result.error.contains("'\(path)'") && result.error.split(separator: "\n").count == 1, "\(result)")
            }
        }
    }

    /// A pipe whose writer is there works as before.
    @Test func aPipeWithAWriterIsRead() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try await RedisTestServer.shared()
        let pipe = "\(folder)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        async let written: Void = write("redis: \(server.socketURL)\n", to: pipe)
        let result = try await Tool.run(["--config", pipe, "redis", "cli", "PING"])
        try await written
        #expect(result.status == 0 && result.output == "PONG\n", "\(result)")
    }

    @concurrent
    private func write(_ text: String, to pipe: String) async throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: pipe))
    }
}
