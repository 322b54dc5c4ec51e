import Foundation
import SluiceTesting
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// The scripts in `deploy/compose.yaml`, run without a container engine.
@Suite(.timeLimit(.minutes(5)))
struct ComposeTests {
    /// The script of a service, as its shell gets it.
    private static func script(of service: String) throws -> String {
        let text = try DeployFiles.text("compose.yaml")
        let rest = try #require(text.range(of: "\n  \(service):\n").map { text[$0.upperBound...] })
        let own = rest.prefix(upTo: rest.firstRange(of: /\n  [a-z]+:\n/)?.lowerBound ?? rest.endIndex)
        let lines = try #require(own.firstMatch(of: /\n +- -euc\n +- \|\n((?:        .*\n)+)/)).output.1
        return String(lines.replacing("$$", with: "$"))
    }

    private static func run(_ script: String, in folder: String, _ variables: [String: String]) async throws -> Said {
        let programs = URL(fileURLWithPath: try BuiltProgram.path("sluice")).deletingLastPathComponent().path
        let path = "\(folder)/bin:\(programs):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
        let values = variables.merging(["PATH": path]) { $1 }
        let changes = Dictionary(uniqueKeysWithValues: values.map { (Environment.Key(stringLiteral: $0), String?.some($1)) })
        let result = try await Subprocess.run(
            .path("/bin/sh"), arguments: ["-euc", script], environment: .inherit.updating(changes),
            workingDirectory: FilePath(folder), input: .none, output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
        return Said(
            status: result.terminationStatus.isSuccess ? 0 : 1, output: result.standardOutput, error: result.standardError)
    }

    /// Red if a start loads the library whatever is there, or makes a secret or a token anew.
    @Test func aSecondStartKeepsAPinAndAllFiles() async throws {
        let server = try await RedisTestServer.start()
        let folder = try TestFolder()
        let script = try Self.script(of: "setup")
        let variables = ["SLUICE_REDIS_URL": server.url, "DASHBOARD_PASSWORD": "change-me-please"]
        let first = try await Self.run(script, in: folder.path, variables)
        #expect(first.status == 0, "\(first.error)")
        let names = ["hooks", "secret", "token", "users"]
        #expect(folder.files() == names)
        func contents() -> [Data?] { names.map { FileManager.default.contents(atPath: "\(folder.path)/\($0)") } }
        let made = contents()
        #expect(made.allSatisfy { $0?.isEmpty == false })

        #expect(try await Self.run("sluice library load --pin", in: folder.path, variables).status == 0)
        #expect(try await Self.run(script, in: folder.path, variables).status == 0)
        #expect(contents() == made)
        let version = try await Self.run("sluice library version --json", in: folder.path, variables)
        #expect(version.output.contains(#""pinned":true"#), "\(version.output)")
    }

    /// Red if the server cannot write its file of users, or takes that of the repository again.
    @Test func changesOfUsersOutliveARestart() async throws {
        let folder = try TestFolder()
        for name in ["bin", "data", "etc"] {
            try FileManager.default.createDirectory(atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
        }
        // As in the container: the files of the repository cannot be written, and the entry point starts what it is told.
        for name in ["redis.conf", "users.acl"] {
            try DeployFiles.text("redis/\(name)").write(toFile: "\(folder.path)/etc/\(name)", atomically: true, encoding: .utf8)
        }
        let entry = "\(folder.path)/bin/docker-entrypoint.sh"
        try "#!/bin/sh\nexec \"$@\" --port 0 --unixsocket \(folder.path)/s\n".write(
            toFile: entry, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: entry)
        let start = try Self.script(of: "redis").replacing("/etc/redis/", with: "\(folder.path)/etc/")
            .replacing("/data", with: "\(folder.path)/data")
        let whole = """
            start() {
                (cd data && exec sh -euc '\(start)') >log 2>&1 &
                until redis-cli -s s PING 2>&1 | grep -q NOAUTH; do kill -0 $!; done
            }
            say() { redis-cli -s s --user admin --pass "$password" --no-auth-warning "$@"; }
            trap 'kill -9 $! 2>/dev/null || true' EXIT
            password=change-admin
            start
            say ACL SETUSER admin '>new' '<change-admin'
            password=new
            say ACL SAVE
            say SHUTDOWN NOSAVE
            wait $!
            start
            say ACL WHOAMI
            """
        let said = try await Self.run(whole, in: folder.path, [:])
        let log = (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? ""
        #expect(said.status == 0 && said.lines == ["OK", "OK", "admin"], "\(said.output) \(said.error) \(log)")
        let file = try String(contentsOfFile: folder.path + "/etc/users.acl", encoding: .utf8)
        #expect(try file == DeployFiles.text("redis/users.acl"))
    }
}
