import Foundation
import SluiceCore
import SluiceInspector
import SluiceTesting
import Subprocess
import SystemPackage
import Testing

@testable import SluiceCLI

/// The programs under a manager that speaks the protocol of systemd.
@Suite(.timeLimit(.minutes(10)))
struct SystemdToolTests {
    @Test func aWorkerTellsWhatItDoes() async throws {
        let server = try await RedisTestServer.start()
        let tool = try await Tool(server: server)
        let socket = try NotifySocket()
        let path = Tool.newPath()
        defer { unlink(path) }
        _ = try await tool.run("enqueue", "mail", "--id", "a")
        // The command of a job is not told of the manager.
        let command = "sh -c 'until test -e \(path); do sleep 0.05; done; echo \"$NOTIFY_SOCKET$WATCHDOG_USEC.\"'"
        let variables = ["NOTIFY_SOCKET": socket.address, "WATCHDOG_USEC": "200000"]
        let end = try await tool.worker(command, environment: variables) { child, inspector in
            try await socket.wait(for: 1, "READY=1")
            try await socket.wait(for: 3, "WATCHDOG=1")
            #expect(socket.count("STOPPING=1") == 0)
            // An outage is no reason to restart the worker.
            try await server.suspend()
            try await socket.wait(for: socket.count("WATCHDOG=1") + 20, "WATCHDOG=1")
            try await server.resume()
            _ = try await tool.job("a", inspector) { $0.state == .executing }
            try child.send(signal: .terminate)
            try await socket.wait(for: 1, "STOPPING=1")
            try await socket.wait(for: 2, "EXTEND_TIMEOUT_USEC=30000000")
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            let job = try await tool.job("a", inspector) { $0.state == .completed }
            #expect(job.result == "\".\"")
        }
        #expect(end.status == .exited(0), "\(end.log)")
        #expect(socket.count("READY=1") == 1)
    }

    @Test func aWorkerThatEndsByItselfSaysSo() async throws {
        let tool = try await Tool()
        let socket = try NotifySocket()
        let end = try await tool.worker(
            "cat", ["--exit-when-empty"], environment: ["NOTIFY_SOCKET": socket.address]
        ) { _, _ in }
        #expect(end.status == .exited(0), "\(end.log)")
        #expect(socket.all.last == "STOPPING=1")
        #expect(socket.count("WATCHDOG=1") == 0)
    }

    @Test(arguments: ["sluice-server", "sluice-webhooks"]) func theOtherProgramsTellToo(program: String) async throws {
        let tool = try await Tool()
        let socket = try NotifySocket()
        let secrets = Tool.newPath()
        defer { unlink(secrets) }
        try Data("a secret of enough bytes\n".utf8).write(to: URL(fileURLWithPath: secrets))
        chmod(secrets, 0o600)
        let options = program == "sluice-server" ? ["--listen", "127.0.0.1:0"] : ["--secret-file", secrets]
        let result = try await Subprocess.run(
            .path(FilePath(try Tool.path(of: program))),
            arguments: Arguments(["--redis", tool.url, "--namespace", tool.namespace] + options),
            environment: .inherit.updating(["NOTIFY_SOCKET": socket.address, "WATCHDOG_USEC": "200000"]),
            input: .none, output: .discarded, error: .string(limit: 1 << 20)
        ) { child in
            try await socket.wait(for: 1, "READY=1")
            try await socket.wait(for: 3, "WATCHDOG=1")
            try child.send(signal: .terminate)
        }
        #expect(result.terminationStatus == .exited(0), "\(result.standardError)")
        #expect(socket.all.last == "STOPPING=1" && socket.count("READY=1") == 1)
    }
}
