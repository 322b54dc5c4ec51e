import Foundation
import SluiceTesting
import Testing

@testable import SluiceCLI

/// `--config` and `--check` of the programs, as processes.
@Suite(.timeLimit(.minutes(10)))
struct CheckToolTests {
    private let folder = Tool.newPath()

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    private func write(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
        let path = "\(folder)/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    private func check(
        _ program: String, _ yaml: String, _ words: [String] = [], mode: Int = 0o600
    ) async throws -> Tool.Result {
        let path = try write("sluice.yaml", yaml, mode: mode)
        return try await Tool.run(Self.command(of: program) + ["--config", path, "--check"] + words, of: program)
    }

    private static func command(of program: String) -> [String] { program == "sluice" ? ["worker"] : [] }

    private func expect(
        _ result: Tool.Result, _ status: Int, saying lines: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(result.status == status, "\(result)", sourceLocation: sourceLocation)
        let told = result.error.split(separator: "\n")
        #expect(told.count == lines.count, "\(result)", sourceLocation: sourceLocation)
        for (line, words) in zip(told, lines) {
            #expect(line.contains(words), "\(line)", sourceLocation: sourceLocation)
        }
        #expect(result.output == (status == 0 ? "ok\n" : ""), "\(result)", sourceLocation: sourceLocation)
    }

    @Test func whatIsRightIsOkForEachProgram() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let secret = try write("secret", "a secret of enough bytes, and more\n")
        let keys = try write("keys", try await Tool.run(["keys", "new", "a"]).output)
        let users = try write(
            "users", try await Tool.run(["password", "ada"], of: "sluice-server", input: "correct horse\n").output)
        let yaml = """
            redis: redis://127.0.0.1:1
            keys: \(keys)
            worker: {queues: [mail], exec: 'true', lease: 20s, require-encrypted: true}
            server: {users: \(users), secret-file: \(secret), listen: '0.0.0.0:7880'}
            webhooks: {secret-file: \(secret), allow: [10.0.0.0/8, 127.0.0.0/8]}
            """
        for program in ["sluice", "sluice-server", "sluice-webhooks"] { expect(try await check(program, yaml), 0) }
        // Nothing listens there.
        for program in ["sluice", "sluice-server", "sluice-webhooks"] {
            expect(try await check(program, yaml, ["--connect"]), 3, saying: "\(folder)/sluice.yaml:1: cannot reach Redis")
        }
    }

    @Test func eachMistakeIsALineWithItsPlace() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = "\(folder)/sluice.yaml"
        let yaml = """
            redis: rediss://u@127.0.0.1:1?ca=/nonexistent/ca
            redis-password-file: /nonexistent/password
            keys: /nonexistent/keys
            worker:
              queues: mail
              exec: no-such-program-anywhere
            """
        expect(
            try await check("sluice", yaml), 2, saying: "\(file):1: --redis: cannot read", "\(file):3: the file of keys",
            "\(file):6: ")
        expect(
            try await check("sluice", "worker:\n  queues: mail\n  exec: 'true'\n  lease: 2d"), 2,
            saying: "sluice: \(file):4: --lease is 1s to 1d")
        expect(
            try await check("sluice", "worker:\n  nme: a\n  lse: b"), 2,
            saying: "\(file):1: missing expected argument '<queues>", "\(file):1: missing expected argument '--exec",
            "sluice: \(file):2: ", "sluice: \(file):3: ")
        expect(
            try await check("sluice-server", "redis: redis://h\nserver:\n  users: /nonexistent/users\n  role: viewer"), 2,
            saying: "sluice-server: \(file):3: the file of users '/nonexistent/users' cannot be read",
            "sluice-server: \(file):4: --role is for a server without --users")
        expect(
            try await check("sluice-server", "redis: redis://h\nserver: {users: /nonexistent/users}"), 2,
            saying: "\(file):2: the file of users '/nonexistent/users' cannot be read")
        expect(
            try await check("sluice-webhooks", "webhooks:\n  secret-file: \(folder)/none"), 2,
            saying: "\(file):2: the file of secrets")
        let mode = try await Tool.run(["worker", "--config", folder, "--check"])
        expect(mode, 2, saying: "the file of settings '\(folder)' is no file")
        expect(try await check("sluice", "redis: a", mode: 0o622), 2, saying: "can be changed by others")
        _ = try write("sluice.yaml", "")
        try Data([0x61, 0x3A, 0x0A, 0xFF]).write(to: URL(fileURLWithPath: file))
        expect(try await Tool.run(["worker", "--config", file]), 2, saying: "line 2 is not UTF-8")
    }

    @Test func aPortInUseIsToldWithItsLine() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try await RedisTestServer.start(.init(tcp: true))
        let port = try #require(server.tcpPort)
        let worker = "worker: {queues: [mail], exec: 'true', metrics-port: \(port)}"
        let file = try write("sluice.yaml", "redis: \(server.url)\n\(worker)\nserver:\n  listen: 127.0.0.1:\(port)")
        // Without --connect no port is opened; with it, the port is told beside all else.
        for (program, words) in [("sluice", ["worker"]), ("sluice-server", [])] {
            #expect(try await Tool.run(words + ["--config", file, "--check"], of: program).status == 0)
            let tried = try await Tool.run(words + ["--config", file, "--check", "--connect"], of: program)
            let line = program == "sluice" ? 2 : 4
            #expect(tried.status == 1 && tried.error.contains("\(file):\(line): "), "\(tried)")
            #expect(tried.error.contains("the port is in use") && tried.output == "", "\(tried)")
        }
        let first = try await Tool.run(["worker", "--config", file])
        #expect(first.status == 1 && first.error.contains("\(file):2: metrics cannot be served"), "\(first)")
        let second = try await Tool.run(["--config", file], of: "sluice-server")
        #expect(second.status == 1 && second.error.contains("\(file):4: cannot listen on 127.0.0.1:\(port)"), "\(second)")
    }

    @Test func aSiteOfTheServerGoesBeforeTheCommonServer() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let yaml = "redis: redis://h\nnamespace: n\nserver:\n  site: [a=redis://127.0.0.1:1, 'b=redis://127.0.0.1:1#n']"
        expect(try await check("sluice-server", yaml), 0)
        expect(try await check("sluice-server", "redis: redis://h\nnamespace: n", ["--site", "a=redis://127.0.0.1:1"]), 0)
        expect(
            try await check("sluice-server", "server: {site: [a=ftp://x]}"), 2,
            saying: "sluice.yaml:1: --site a names no server")
    }

    @Test func secretsThatOthersCanReadBringAWarning() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let worker = "\nworker: {queues: [mail], exec: 'true'}"
        let file = "\(folder)/sluice.yaml"
        expect(
            try await check("sluice", "redis: redis://:pw@127.0.0.1:1\(worker)", mode: 0o644), 0,
            saying: "sluice: warning: \(file):1: 'redis' has a password, and the file can be read by others")
        expect(try await check("sluice", "redis: redis://:pw@127.0.0.1:1\(worker)"), 0)
        expect(try await check("sluice", "redis: redis://127.0.0.1:1\(worker)", mode: 0o644), 0)
        let password = try write("password", "pw", mode: 0o640)
        expect(
            try await check("sluice", "redis: redis://u@127.0.0.1:1\nredis-password-file: \(password)\(worker)"), 0,
            saying: "sluice: warning: the file of the password of Redis '\(password)' can be read by others")
        let keys = try write("keys", try await Tool.run(["keys", "new", "a"]).output, mode: 0o644)
        expect(
            try await check("sluice", "redis: redis://127.0.0.1:1\nkeys: \(keys)\(worker)"), 0,
            saying: "sluice: warning: the file of keys '\(keys)' can be read by others")
        let both = try await check("sluice", "redis: redis://:pw@127.0.0.1:1\nredis-password-file: \(password)\(worker)")
        expect(both, 2, saying: "\(file):1: the password is in the URL of 'redis' in line 1 and in the file of")
        #expect(!both.error.contains("pw@"))
    }

    @Test func theLibraryAndTheRightsOfTheUserAreLookedAt() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try await RedisTestServer.start(
            .init(aclUsers: [
                "worker on >pw ~sluice:* +@read +@write +@blocking +@connection +time +wait -@dangerous -@scripting +fcall +fcall_ro +info",
                "admin on >pw ~* +@all", "looker on >pw ~sluice:* +@read +@connection +fcall_ro", "other on >pw ~other:* +@all",
            ]))
        let socket = server.socketURL.dropFirst("unix://".count)
        func ask(_ user: String) async throws -> Tool.Result {
            let yaml = "redis: unix://\(user):pw@\(socket)\nworker: {queues: [mail], exec: 'true'}"
            return try await check("sluice", yaml, ["--connect"])
        }
        let place = "\(folder)/sluice.yaml:1"
        let empty = try await ask("worker")
        #expect(empty.status == 3 && empty.error.contains("an administrator can: sluice library load"), "\(empty)")
        expect(try await ask("admin"), 0, saying: "warning: the function library on the server is not there")
        #expect(try await server.cli("FUNCTION", "LIST") == "", "it changes nothing")
        _ = try await Tool(server: server, url: "unix://admin:pw@\(socket)").run("library", "load")
        let before = try await server.cli("DBSIZE")
        expect(try await ask("worker"), 0)
        let looker = try await ask("looker")
        expect(
            looker, 3,
            saying: "the Redis user lacks the right to FCALL, ZADD, HINCRBY, XADD, PEXPIRE, BLPOP on the keys of 'mail'")
        expect(try await ask("other"), 3, saying: "lacks the right to FCALL_RO")
        expect(try await ask("nobody"), 3, saying: place)
        #expect(try await server.cli("DBSIZE") == before, "it changes nothing")
    }

    @Test func connectGoesWithCheckAndNeedsAServer() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let alone = try await Tool.run(["worker", "mail", "--exec", "true", "--connect"])
        #expect(alone.status == 2 && alone.error.contains("--connect goes with --check"), "\(alone)")
        expect(
            try await check("sluice", "worker: {queues: mail, exec: 'true'}", ["--connect"]), 2,
            saying: "--connect needs a server")
        for (program, command) in [("sluice", ["worker"]), ("sluice-server", ["serve"]), ("sluice-webhooks", [])] {
            let help = try await Tool.run(command + ["--help"], of: program).output
            for option in ["--config", "--check", "--connect", "--redis-password-file"] {
                #expect(help.contains(option), "\(program) \(option)")
            }
        }
    }
}
