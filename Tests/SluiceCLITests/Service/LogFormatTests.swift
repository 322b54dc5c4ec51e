import Foundation
import Logging
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceToolSupport
import Subprocess
import Testing

@testable import SluiceCLI

/// Logs for programs: one object a line.
@Suite(.timeLimit(.minutes(10)))
struct LogFormatTests {
    private struct Line: Decodable {
        var time: String
        var level: String
        var label: String
        var message: String
        var metadata: [String: String]

        static func all(_ log: String) throws -> [Line] {
            try log.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        }

        var hasTime: Bool { time.wholeMatch(of: #/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z/#) != nil }
    }

    @Test func aLineHasItsParts() {
        let details: [(String, Logger.MetadataValue)] = [
            ("a", "x\"\n\u{1B}[31m\u{2028}\\"), ("b", .array(["1", .dictionary(["k": "v"])])), ("c", .stringConvertible(7)),
        ]
        let value = WorkerLogHandler.json(
            .warning, "two\r\nlines", "sluice.worker", details, at: Date(timeIntervalSince1970: 1_700_000_000.123))
        let text = String(decoding: SafeText.json(value.encoded()), as: UTF8.self)
        #expect(
            text == #"{"time":"2023-11-14T22:13:20.123Z","level":"warning","label":"sluice.worker","message":"two\r\nlines","#
                + #""metadata":{"a":"x\"\n\u001b[31m\u2028\\","b":["1",{"k":"v"}],"c":"7"}}"#)
    }

    @Test(arguments: [["--log-format", "json"], ["--json"], ["--log-format", "json", "--json"]])
    func everyLineOfAWorkerIsAnObject(_ options: [String]) async throws {
        let tool = try await Tool()
        _ = try await tool.run("enqueue", "mail", "--id", "a", "--max-attempts", "1")
        let command = #"sh -c 'printf "a\"b\\\\c\nd\033[31m\tend" >&2; exit 1'"#
        let end = try await tool.worker(command, options + ["--exit-when-empty"]) { _, _ in }
        #expect(end.status == .exited(0))
        let lines = try Line.all(end.log)
        #expect(lines.allSatisfy { $0.hasTime && $0.label == "sluice.worker" }, "\(end.log)")
        let failure = try #require(lines.first { $0.message == "a run failed: the job is discarded" })
        #expect(failure.level == "error")
        #expect(failure.metadata["job"] == "a" && failure.metadata["state"] == "discarded")
        #expect(failure.metadata["error"]?.contains("end") == true)
        #expect(!end.log.contains("\u{1B}"))
        #expect(lines.contains { $0.message == "worker started" } && lines.last?.message == "worker stopped")
    }

    @Test func textIsForPeopleUnlessToldOtherwise() async throws {
        let tool = try await Tool()
        for options in [[], ["--log-format", "text"], ["--json", "--log-format", "text"]] {
            let end = try await tool.worker("cat", options + ["--exit-when-empty"]) { _, _ in }
            #expect(end.log.split(separator: "\n").allSatisfy { !$0.hasPrefix("{") }, "\(end.log)")
            #expect(end.log.contains("worker started"))
        }
    }

    @Test(arguments: ["sluice", "sluice-server", "sluice-webhooks"])
    func theReasonOfTheEndIsALineOfTheLog(_ program: String) async throws {
        let secrets = Tool.newPath()
        defer { unlink(secrets) }
        try Data("a secret of enough bytes\n".utf8).write(to: URL(fileURLWithPath: secrets))
        let words = [
            "sluice": ["worker", "mail", "--exec", "cat"], "sluice-webhooks": ["--secret-file", secrets],
        ]
        let result = try await Tool.run(
            words[program, default: []] + ["--redis", "unix:///nonexistent", "--log-format", "json"], of: program)
        #expect(result.status == 3)
        let lines = try Line.all(result.error)
        #expect(lines.allSatisfy { $0.hasTime })
        let last = try #require(lines.last)
        #expect(last.level == "error" && last.label == program && last.message.contains("/nonexistent"), "\(result.error)")
    }

    @Test func anotherFormatIsUsage() async throws {
        for program in ["sluice", "sluice-server", "sluice-webhooks"] {
            let words = program == "sluice" ? ["worker", "mail", "--exec", "cat"] : []
            let result = try await Tool.run(words + ["--log-format", "xml"], of: program)
            #expect(result.status == 2 && result.error.contains("write text or json"), "\(result.error)")
        }
    }
}
