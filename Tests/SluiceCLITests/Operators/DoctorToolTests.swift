import Foundation
import SluiceCore
import SluiceTesting
import SluiceToolSupport
import Testing

@testable import SluiceCLI
@testable import SluiceInspector

/// The doctor as people and scripts meet it.
@Suite(.timeLimit(.minutes(10)))
struct DoctorToolTests {
    private struct Report: Decodable {
        struct Finding: Decodable {
            var severity: String
            var queue: String?
            var code: String
            var what: String
            var cure: String
        }
        struct Part: Decodable { var part: String; var looked: String; var unseen: [String] }
        var healthy: Bool
        var findings: [Finding]
        var parts: [Part]
    }

    /// Runs the command of a cure as it is printed.
    private func follow(_ cure: String, _ tool: Tool) async throws -> Tool.Result {
        let words = cure.prefix { $0 != "," && $0 != ";" }.split(separator: " ").map(String.init)
        #expect(words.first == "sluice" && words.suffix(2) == ["--namespace", tool.namespace])
        return try await Tool.run(["--redis", tool.url] + words.dropFirst())
    }

    @Test func whatIsWrongIsFoundAndTheCureCanBePasted() async throws {
        let tool = try await Tool()
        let worker = try await HandWorker(tool)
        #expect(try await tool.run("enqueue", "mail", "--id", "a").status == 0)
        let before = try await tool.run("doctor", "mail", "--json")
        #expect(before.status == 0, "\(before.error)")
        #expect(try before.decoded(Report.self).findings.filter { $0.queue != nil }.isEmpty)
        #expect(try await tool.run("queues", "pause", "mail", "--reason", "a move").status == 0)
        let paused = try await tool.run("doctor", "mail", "--json")
        #expect(paused.status == 0, "a notice is no problem")
        let finding = try #require(try paused.decoded(Report.self).findings.first { $0.queue == "mail" })
        #expect(finding.severity == "notice" && finding.code == "queue.paused" && finding.what.hasSuffix(": a move"))
        #expect(try await follow(finding.cure, tool).status == 0)
        let after = try await tool.run("doctor", "--json").decoded(Report.self)
        #expect(after.healthy && !after.findings.contains { $0.queue != nil })
        #expect(after.parts.map(\.part) == ["server", "library", "queue mail", "workflows"])
        _ = worker
    }

    @Test func aProblemIsExitStatusOne() async throws {
        let tool = try await Tool()
        #expect(try await tool.run("enqueue", "mail").status == 0)
        let result = try await tool.run("doctor")
        #expect(result.status == 1 && result.error == "")
        #expect(result.output.contains("\nproblem  queue mail: 1 job could run, and no worker of the queue lives\n"))
        #expect(
            result.output.contains(
                "\n         cure: start the program that serves it, or sluice worker mail --exec COMMAND --namespace "))
        #expect(result.output.contains("\n1 problem"))
        #expect(try await tool.run("doctor", "--json").decoded(Report.self).healthy == false)
    }

    @Test func theServersOwnTroubleIsToldBeforeAnythingIsLoaded() async throws {
        let tool = try await Tool(server: try await RedisTestServer.start())
        let result = try await tool.run("doctor", "--json")
        #expect(result.status == 1)
        #expect(try result.decoded(Report.self).findings.contains { $0.code == "library.missing" })
        #expect(try await tool.server.cli("FUNCTION", "LIST") == "")
    }

    /// Red if a missing right ended the doctor, or if the hint did not say who may see the rest.
    @Test func whoMayNotLookIsToldWhoMay() async throws {
        let rules = "looker on >pw ~sluice:* +@read +@connection +time -@dangerous -zrevrange +fcall +fcall_ro"
        let server = try await RedisTestServer.start(.init(aclUsers: [rules]))
        let socket = server.socketURL.dropFirst("unix://".count)
        #expect(try await Tool.run(["--redis", server.socketURL, "library", "load"]).status == 0)
        let result = try await Tool.run(["--redis", "unix://looker:pw@\(socket)", "doctor"])
        #expect(result.status == 0 && result.error == "", "\(result)")
        #expect(result.output.contains("\nunseen   workflows: the rest: "), "\(result.output)")
        #expect(result.output.contains("\nhint     the user dashboard of deploy/redis/users.acl may see"), "\(result.output)")
        let all = try await Tool.run(["--redis", server.socketURL, "doctor"])
        #expect(!all.output.contains("hint"))
    }

    @Test func eachPartHasALine() {
        let diagnosis = Diagnosis(parts: [
            Diagnosis.Part(subject: .server, looked: "Redis 7.0.15: memory", unseen: ["this and that"]),
            Diagnosis.Part(
                subject: .queue("mail"), looked: "data",
                findings: [
                    Diagnosis.Finding(severity: .notice, queue: "mail", code: "c", what: "is\u{1B}[2J odd", cure: "do it"),
                    Diagnosis.Finding(severity: .problem, queue: "mail", code: "c", what: "is bad", cure: "now"),
                ]),
        ])
        #expect(
            DoctorCommand.lines(diagnosis) == [
                "ok       server: Redis 7.0.15: memory", "unseen   server: this and that",
                "notice   queue mail: is\\u{1b}[2J odd", "         cure: do it", "problem  queue mail: is bad",
                "         cure: now", "1 problem, 1 notice, 1 part not seen to its end",
            ])
        let green = DoctorCommand.lines(Diagnosis(parts: [diagnosis.parts[0]]), style: Style(isColoured: true))
        #expect(green.first == "\u{1B}[32mok\u{1B}[0m       server: Redis 7.0.15: memory")
        #expect(green.last == "\u{1B}[32mhealthy\u{1B}[0m, 1 part not seen to its end")
        #expect(DoctorCommand.lines(diagnosis, width: 30).dropLast().allSatisfy { $0.count <= 30 || $0.contains("cure") })
    }
}
