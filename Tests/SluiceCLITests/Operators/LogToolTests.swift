import Foundation
import Hiredis
import Sluice
import SluiceCore
import SluiceStore
import SluiceTesting
import Subprocess
import Testing

@testable import SluiceCLI
@testable import SluiceInspector

/// Who did what with the tool, and how it shows it.
@Suite(.timeLimit(.minutes(10)))
struct LogToolTests {
    private struct Logged: Decodable {
        struct Outcome: Decodable { var changed: Int; var skipped: Int; var error: String? }
        var id: String
        var time: String
        var actor: String
        var via: String
        var from: String
        var action: String
        var queue: String?
        var target: String
        var reason: String
        var outcome: Outcome?
    }

    private func log(_ tool: Tool, _ words: String...) async throws -> [Logged] {
        try await Tool.run(["--redis", tool.url, "--namespace", tool.namespace, "log", "--json"] + words)
            .decoded([Logged].self)
    }

    /// Each command that changes something for an operator, once.
    @Test func everyCommandThatChangesSomethingIsInTheLog() async throws {
        let tool = try await Tool(server: try await RedisTestServer.start())
        var options = SluiceClient.Options()
        options.namespace = try Namespace(tool.namespace)
        let client = try await SluiceClient(.url(tool.url), options: options)
        var flow = Workflow("test")
        flow.id = "w"
        flow.add("first", try JobRequest(kind: "k", queue: "mail", arguments: "{}"))
        try await client.enqueue(flow)
        await client.close()
        for id in ["a", "b", "c"] { _ = try await tool.run("enqueue", "mail", "--id", id, "--kind", "k") }
        let commands = [
            "queues pause mail", "queues resume mail", "limits set mail concurrency 4", "limits clear mail concurrency",
            "dependencies off tmdb --queue mail", "dependencies on tmdb", "jobs reschedule --delay 1h a", "jobs retry a",
            "jobs cancel a", "jobs delete b", "jobs purge --queue mail --kind none", "cron add c @daily --queue mail",
            "cron pause c", "cron resume c", "cron run c", "cron remove c", "workflows cancel w", "workflows retry w first",
            "audit mail --repair --yes", "library load", "token create ci --role viewer",
        ]
        for command in commands {
            let result = try await Tool.run(
                ["--redis", tool.url, "--namespace", tool.namespace] + command.split(separator: " ").map(String.init)
                    + ["--actor", command, "--reason", "why"])
            #expect(result.status == 0, "\(command): \(result.error)")
        }
        struct Token: Decodable { var id: String }
        let token = try #require(try await tool.run("token", "list", "--json").decoded([Token].self).first?.id)
        #expect(try await tool.run("token", "revoke", token, "--actor", "token revoke", "--reason", "why").status == 0)
        let logged = try await log(tool).reversed()
        #expect(logged.map(\.actor) == commands + ["token revoke"])
        #expect(Set(logged.map(\.action)) == Set(Action.Verb.all.map(\.rawValue)))
        #expect(logged.allSatisfy { $0.reason == "why" && $0.via == "tool" && $0.outcome != nil && $0.outcome?.error == nil })
        for one in logged where one.actor != "jobs purge --queue mail --kind none" && !one.actor.hasPrefix("audit") {
            #expect(one.outcome?.changed == 1, "\(one.actor)")
        }
        #expect(logged.first { $0.action == "workflows retry" }?.target == "w first")
        #expect(logged.first { $0.action == "cron add" }?.target == "c '@daily' --tz UTC")
        #expect(logged.first { $0.action == "library load" }?.queue == nil)
        // Looks, and what changes nothing, are not.
        for command in [
            "status", "jobs list", "doctor", "log", "token list", "queues drain mail --timeout 100ms",
            "jobs purge --kind k --dry-run",
        ] {
            _ = try await Tool.run(
                ["--redis", tool.url, "--namespace", tool.namespace] + command.split(separator: " ").map(String.init))
        }
        #expect(try await log(tool).count == commands.count + 1)
    }

    @Test func theActorIsTheUserUnlessNamed() async throws {
        let tool = try await Tool()
        _ = try await tool.run("queues", "pause", "mail", "--new")
        _ = try await tool.run("queues", "resume", "mail", environment: ["SLUICE_ACTOR": "ci"])
        _ = try await tool.run("--actor", "ada", "queues", "pause", "mail", environment: ["SLUICE_ACTOR": "ci"])
        let host = ProcessInfo.processInfo.hostName
        let logged = try await log(tool)
        #expect(logged.map(\.actor) == ["ada", "ci", "\(NSUserName())@\(host)"])
        #expect(logged.allSatisfy { $0.from == host && $0.queue == "mail" })
        #expect(try await log(tool, "--actor", "ci").map(\.action) == ["queues resume"])
        #expect(try await log(tool, "--limit", "2").count == 2)
        #expect(try await tool.run("log", "--queue", "nowhere", "--json").output == "[]\n")
        #expect(try await tool.run("log", "--queue", "nowhere").error == "sluice: the log has no such action\n")
        #expect(try await tool.run("queues", "pause", "mail", "--actor", "").status == 2)
        #expect(try await tool.run("log", "--limit", "0").status == 2)
    }

    @Test func whatAnOperatorTypedCannotMoveTheCursor() async throws {
        let tool = try await Tool()
        let evil = "x\u{1B}[2J\u{202E}\nnext"
        _ = try await tool.run("queues", "pause", "mail", "--new", "--actor", evil, "--reason", evil)
        let shown = try await tool.run("log").output
        #expect(shown.split(separator: "\n").count == 2)
        #expect(shown.contains("x\\u{1b}[2J\\u{202e} next"))
        #expect(try await log(tool).first?.actor == evil)
    }

    @Test func failuresAndOpenActionsAreTold() async throws {
        let tool = try await Tool()
        _ = try await tool.run("queues", "pause", "typo")
        let store = Store(try RedisConfiguration(url: tool.url), namespace: try Namespace(tool.namespace))
        let author = Operator("eve", via: .page, from: "10.0.0.7")
        _ = try await store.logAction(Action.fields(author, .jobsDelete, "all jobs", "mail", reason: "oops"))
        let lines = try await tool.run("log").output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(
            lines[1].contains("eve")
                && lines[1].contains("page 10.0.0.7  jobs delete   mail   no outcome recorded  all jobs  (oops)"))
        #expect(lines[2].contains("queues pause  typo   failed               there is no queue 'typo'"))
    }

    @Test func followingShowsWhatComes() async throws {
        let tool = try await Tool()
        _ = try await tool.run("queues", "pause", "mail", "--new", "--reason", "before")
        let script = "\"$0\" --redis \"$1\" --namespace \"$2\" log --follow --json | head -n 3"
        let (path, url, namespace) = (try Tool.path, tool.url, tool.namespace)
        let lines = try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask {
                try await run(
                    .name("sh"), arguments: ["-c", script, path, url, namespace], output: .string(limit: 1 << 16),
                    error: .discarded
                ).standardOutput
            }
            group.addTask {
                // When it has begun cannot be seen from outside.
                while !Task.isCancelled { _ = try await tool.run("queues", "resume", "mail", "--reason", "after") }
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result.split(separator: "\n") }
            }
            throw CancellationError()
        }
        let logged = try lines.map { try JSONDecoder().decode(Logged.self, from: Data($0.utf8)) }
        #expect(logged.count == 3 && logged.first?.reason == "before")
        #expect(logged.dropFirst().allSatisfy { $0.reason == "after" && $0.action == "queues resume" })
    }
}
