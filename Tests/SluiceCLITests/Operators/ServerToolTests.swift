import Foundation
import SluiceTesting
import Subprocess
import SystemPackage
import Testing

@testable import SluiceCLI

/// `sluice-server` as a process: whom it believes.
@Suite(.timeLimit(.minutes(5)))
struct ServerToolTests {
    /// Runs a server on a free port, and lends the port.
    private func serve(_ options: [String], _ body: (Int) async throws -> Void) async throws {
        let tool = try await Tool()
        let log = Tool.newPath()
        defer { unlink(log) }
        let result = try await Subprocess.run(
            .path("/bin/sh"),
            arguments: Arguments(
                [
                    "-c", "exec 2>\(log); exec \"$0\" \"$@\"", try Tool.path(of: "sluice-server"), "--redis", tool.url,
                    "--namespace", tool.namespace, "--listen", "127.0.0.1:0",
                ] + options), input: .none, output: .discarded, error: .discarded
        ) { child in
            let deadline = ContinuousClock.now + .seconds(120)
            var port: Int?
            while port == nil, .now < deadline {
                let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                port = text.firstMatch(of: /url=http:\/\/127\.0\.0\.1:(\d+)\//).flatMap { Int($0.1) }
                _ = try await Subprocess.run(.name("true"), output: .discarded)
            }
            try await body(try #require(port))
            try child.send(signal: .terminate)
        }
        #expect(result.terminationStatus == .exited(0))
    }

    /// The status of an answer to a GET with a header.
    private func status(_ header: String, _ path: String = "/log", port: Int) async throws -> String {
        let text = "GET \(path) HTTP/1.1\r\nHost: ops.example\r\nConnection: close\r\n\(header)\r\n"
        let answer = try await RawHTTP.exchange(text, port: port)
        return answer.split(separator: " ").dropFirst().first.map(String.init) ?? answer
    }

    @Test func aHeaderOfTheProxyTellsWhoAsks() async throws {
        let options = ["--trust-header", "X-Remote-User", "--trust-role", "operator"]
        // The API takes it, too, and a token of the proxy's own does not disturb.
        let foreign = "Authorization: Bearer of-the-proxy\r\n"
        try await serve(options + ["--trust-from", "10.0.0.0/8", "--trust-from", "127.0.0.1/32"]) { port in
            let answers = [
                try await status("X-Remote-User: ada\r\n", port: port), try await status("", port: port),
                try await status("X-Remote-User: ada\r\nX-Remote-User: bob\r\n", port: port),
                try await status("\(foreign)X-Remote-User: ada\r\n", "/api/v1/whoami", port: port),
                try await status(foreign, "/api/v1/whoami", port: port),
            ]
            #expect(answers == ["200", "401", "401", "200", "401"])
        }
        try await serve(options + ["--trust-from", "10.0.0.0/8"]) { port in
            let answer = try await status("X-Remote-User: ada\r\n", port: port)
            #expect(answer == "401")
        }
    }

    @Test(arguments: [
        (["--trust-header", "X-User"], "--trust-header needs --trust-from"),
        (["--trust-header", "X-User", "--trust-from", "10.0.0.0/33"], "'10.0.0.0/33' is no range of addresses"),
        (["--trust-header", "X-User", "--trust-from", "localhost"], "'localhost' is no range of addresses"),
        (["--trust-header", "X User", "--trust-from", "::1"], "'X User' is no name of a header"),
        (["--trust-header", "X-User", "--trust-from", "::1", "--trust-role", "boss"], "'boss' is no role"),
        (["--trust-header", "X-User", "--trust-from", "::1", "--users", "x"], "not both"),
        (["--trust-header", "X-User", "--trust-from", "::1", "--role", "viewer"], "--role is for a server without"),
        (["--trust-from", "::1"], "go with --trust-header"), (["--trust-role", "viewer"], "go with --trust-header"),
        (["--listen", "0.0.0.0:0"], "needs --users or --trust-header"), (["--secret-file", "x"], "--secret-file needs --users"),
        (["--users", "/nonexistent"], "the file of users '/nonexistent' cannot be read"),
        (["--keys", "/nonexistent"], "the file of keys '/nonexistent' cannot be read"),
        (["--keys", "/dev/null"], "the file of keys '/dev/null' is no file"),
    ])
    func nonsenseIsUsage(options: [String], message: String) async throws {
        let result = try await Tool.run(["--redis", "unix:///nonexistent/redis.sock"] + options, of: "sluice-server")
        #expect(result.status == 2 && result.error.contains(message), "\(result.error)")
        #expect(result.error.hasPrefix("sluice-server: ") && result.error.split(separator: "\n").count == 1, "\(result.error)")
    }

    @Test func keysThatMakeNoSenseAreToldInOneLine() async throws {
        let file = Tool.newPath()
        defer { unlink(file) }
        try Data("{}".utf8).write(to: URL(fileURLWithPath: file))
        chmod(file, 0o600)
        let result = try await Tool.run(
            ["--redis", "unix:///nonexistent/redis.sock"], of: "sluice-server", environment: ["SLUICE_KEYS": file])
        #expect(result.status == 2 && result.error.contains("the keys in '\(file)' make no sense"), "\(result.error)")
        #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
    }
}
