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

/// `sluice enqueue --notify` and `sluice-webhooks`.
@Suite(.timeLimit(.minutes(5)))
struct WebhooksToolTests {
    private struct Shown: Decodable {
        struct Links: Decodable { var receivers: [String] }
        var links: Links
    }

    @Test func aJobSaysWhomItTells() async throws {
        let tool = try await Tool()
        let result = try await tool.run(
            "enqueue", "mail", "--id", "a", "--notify", "https://x.test/h", "--notify-on", "progress,ended")
        #expect(result.status == 0, "\(result.error)")
        let shown = try await tool.run("jobs", "show", "a", "--queue", "mail", "--json").decoded(Shown.self)
        #expect(shown.links.receivers == ["notify progress,ended https://x.test/h"])
    }

    @Test(arguments: [
        (["--notify", "ftp://x/"], "http or https"), (["--notify", "https://u@x/"], "without a user"),
        (["--notify-on", "ended"], "goes with --notify"),
        (["--notify", "https://x/", "--notify-on", "started"], "none of progress, ended, failed"),
    ])
    func nonsenseIsUsage(options: [String], message: String) async throws {
        let result = try await Tool.run(["enqueue", "mail"] + options)
        #expect(result.status == 2 && result.error.contains(message), "\(result.error)")
    }

    @Test func theDoctorNamesTheProgramThatDelivers() async throws {
        let tool = try await Tool()
        _ = try await tool.run("enqueue", "mail", "--id", "a", "--notify", "https://x.test/h")
        #expect(try await tool.run("jobs", "cancel", "a", "--queue", "mail").status == 0)
        let found = try await tool.run("doctor", "webhooks")
        #expect(
            found.status == 1 && found.output.contains("or sluice-webhooks --secret-file FILE --namespace \(tool.namespace)"),
            "\(found.output)")
        let wrong = try await tool.run("worker", "webhooks", "--exec", "cat")
        #expect(wrong.status == 2 && wrong.error.contains("run sluice-webhooks"), "\(wrong.error)")
    }

    @Test func nobodyHasAnythingSigned() async throws {
        let tool = try await Tool()
        let arguments = #"{"url":"http://127.0.0.1:1/","body":{"id":"x"}}"#
        let result = try await tool.run("enqueue", "webhooks", "--kind", "webhook", "--id", "x", "--args", arguments)
        #expect(result.status != 0 && result.error.contains("sent with a signature"), "\(result.error)")
        #expect(try await tool.run("jobs", "show", "x", "--queue", "webhooks").status == 1)
    }

    /// No worker of the queue lives at any time: the tool that cancels a job brings what it has to tell to the queue of the hooks.
    @Test func deliversUntilItIsToldToStop() async throws {
        let tool = try await Tool()
        let receiver = try await HookReceiver()
        let file = FileManager.default.temporaryDirectory.appending(path: "secrets-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("a secret of enough bytes\n".utf8).write(to: file)
        for (id, options) in [("a", ["--allow-private"]), ("b", ["--allow", "127.0.0.0/8"])] {
            try await deliver(id, tool, receiver, ["--secret-file", file.path] + options)
        }
        #expect(receiver.requests.map { $0.headers["sluice-id"]?.prefix(2) } == ["a:", "b:"])
        await receiver.close()
    }

    private func deliver(_ id: String, _ tool: Tool, _ receiver: HookReceiver, _ options: [String]) async throws {
        let before = receiver.requests.count
        let result = try await Subprocess.run(
            .path(FilePath(try Tool.path(of: "sluice-webhooks"))),
            arguments: Arguments(["--redis", tool.url, "--namespace", tool.namespace] + options),
            input: .none, output: .discarded, error: .string(limit: 1 << 20)
        ) { child in
            #expect(try await tool.run("enqueue", "mail", "--id", id, "--notify", receiver.url).status == 0)
            #expect(try await tool.run("jobs", "cancel", "--queue", "mail", id).status == 0)
            let deadline = ContinuousClock.now + .seconds(120)
            while receiver.requests.count == before, .now < deadline {
                _ = try await Subprocess.run(.name("true"), output: .discarded)
            }
            try child.send(signal: .terminate)
        }
        #expect(result.terminationStatus == .exited(0), "\(result.standardError)")
    }

    @Test func moreReceiversThanThereAreDescriptorsForCostNoAttempt() async throws {
        let tool = try await Tool()
        let inspector = Inspector(Store(try RedisConfiguration(url: tool.url), namespace: try Namespace(tool.namespace)))
        let file = FileManager.default.temporaryDirectory.appending(path: "secrets-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("a secret of enough bytes\n".utf8).write(to: file)
        let count = 60
        var receivers: [HookReceiver] = []
        for number in 0..<count {
            // Each has a connection of its own, which is kept for a while.
            let receiver = try await HookReceiver()
            receivers.append(receiver)
            _ = try await tool.run("enqueue", "mail", "--id", "j\(number)", "--notify", receiver.url)
        }
        #expect(try await tool.run("jobs", "cancel", "--queue", "mail", "--yes").status == 0)
        let words =
            [
                "-c", "ulimit -n 64; exec \"$0\" \"$@\"", try Tool.path(of: "sluice-webhooks"), "--redis", tool.url,
                "--namespace",
                tool.namespace,
            ]
            + [
                "--secret-file", file.path, "--allow-private", "--max-attempts", "1", "--limit", "concurrency=100/host",
                "--concurrency", "100", "--timeout", "60s",
            ]
        let result = try await Subprocess.run(
            .path("/bin/sh"), arguments: Arguments(words), input: .none, output: .discarded, error: .string(limit: 1 << 20)
        ) { child in
            while try await inspector.status(of: "webhooks").states[.completed] != count {
                let status = try await inspector.status(of: "webhooks")
                guard status.states[.discarded, default: 0] == 0 else { break }
                _ = try await Subprocess.run(.name("true"), output: .discarded)
            }
            let status = try await inspector.status(of: "webhooks")
            #expect(status.states[.completed] == count && status.totals["released", default: 0] > 0)
            try child.send(signal: .terminate)
        }
        #expect(result.terminationStatus == .exited(0), "\(result.standardError)")
        #expect(result.standardError.contains("web hooks cannot be sent: Too many open files"), "\(result.standardError)")
        await inspector.close()
        for receiver in receivers { await receiver.close() }
    }

    @Test func authoritiesAreReadBeforeAnythingIsSent() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "secrets-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("a secret of enough bytes\n".utf8).write(to: file)
        let result = try await Tool.run(["--secret-file", file.path, "--ca-file", file.path], of: "sluice-webhooks")
        #expect(result.status == 2 && result.error.contains("the file of authorities"), "\(result.error)")
    }

    @Test func itAnswersQuestions() async throws {
        let help = try await Tool.run(["--help"], of: "sluice-webhooks")
        #expect(help.status == 0 && help.error.isEmpty)
        for option in ["--redis", "--namespace", "--json", "--secret-file", "--ca-file", "--allow-private", "--lease"] {
            #expect(help.output.contains(option), "\(option)")
        }
        let nothing = try await Tool.run([], of: "sluice-webhooks")
        #expect(nothing.status == 2 && nothing.error.contains("See 'sluice-webhooks --help'"), "\(nothing.error)")
        let version = try await Tool.run(["--version"], of: "sluice-webhooks")
        #expect(version.status == 0 && version.output.hasPrefix("sluice-webhooks \(ToolVersion.text) "))
        let away = try await Tool.run(
            ["--redis", "unix:///nonexistent/redis.sock", "--secret-file", "/dev/null"], of: "sluice-webhooks")
        #expect(away.status == 2, "no secrets come first: \(away.error)")
    }

    /// The tool itself has no HTTP client, and does not know the command.
    @Test func theToolDoesNotDeliver() async throws {
        let result = try await Tool.run(["webhooks"])
        #expect(result.status == 2 && result.error.contains("'webhooks'"), "\(result.error)")
    }

    @Test(arguments: [
        ([], "--secret-file"), (["--secret-file", "/nonexistent"], "cannot be read"),
        (["--secret-file", "x", "--allow", "10.0.0.0/33"], "no range"),
        (["--secret-file", "x", "--allow", "10.0.0.0/8", "--allow-private"], "says nothing"),
        (["--secret-file", "x", "--max-attempts", "0"], "1 or more"),
    ])
    func whatIsNotThere(options: [String], message: String) async throws {
        let result = try await Tool.run(options, of: "sluice-webhooks")
        #expect(result.status == 2 && result.error.contains(message), "\(result.error)")
        #expect(result.error.hasPrefix("sluice-webhooks: ") && result.error.split(separator: "\n").count == 1)
    }
}
