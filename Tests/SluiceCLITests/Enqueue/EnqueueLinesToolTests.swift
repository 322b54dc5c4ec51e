import SluiceTesting
import Testing

@testable import SluiceCLI

/// Jobs from lines of standard input, of which some do not go in.
@Suite(.timeLimit(.minutes(5)))
struct EnqueueLinesToolTests {
    private struct Report: Decodable {
        struct Refusal: Decodable {
            var line: Int
            var error: String
        }

        var added: Int
        var refused: Int
        var errors: [Refusal]
        var stopped_after_line: Int?
    }

    @Test func aFullQueueRefusesLinesByTheirNumbers() async throws {
        let tool = try await Tool()
        #expect(try await tool.run("limits", "set", "mail", "depth", "2", "--new").status == 0)
        let result = try await tool.run("--json", "enqueue", "mail", "--lines", input: "a\nb\nc\nd\n")
        #expect(result.status == 1)
        let report = try result.decoded(Report.self)
        #expect(report.added == 2 && report.refused == 2 && report.errors.map(\.line) == [3, 4])
        #expect(report.errors.allSatisfy { $0.error == "queue mail is full" } && report.stopped_after_line == 4)
        let people = try await tool.run("enqueue", "mail", "--lines", input: "e\nf\n")
        #expect(people.status == 1 && people.output == "0 jobs enqueued in mail, 2 lines refused\n")
        #expect(people.error.contains("line 1: queue mail is full") && people.error.contains("line 2: queue mail is full"))
        #expect(people.error.contains("stopped after line 2"))
    }

    @Test func aConflictTellsItsLine() async throws {
        let tool = try await Tool()
        let options = ["enqueue", "mail", "--json-lines", "--unique-args", "--on-conflict", "fail"]
        let lines = "{\"a\":1}\n{\"a\":2}\n{\"a\":1}\n"
        let result = try await Tool.run(["--redis", tool.url, "--namespace", tool.namespace, "--json"] + options, input: lines)
        #expect(result.status == 1)
        let report = try result.decoded(Report.self)
        #expect(report.added == 2 && report.refused == 1 && report.errors.map(\.line) == [3])
        #expect(report.errors.first?.error.contains("it is equal to") == true && report.stopped_after_line == nil)
        #expect(result.error.contains("line 3: it is equal to"))
    }

    @Test func blankLinesAreSkippedAndLineEndsOfWindowsToo() async throws {
        let tool = try await Tool()
        let input = "a\r\n\n  \nb\u{0}c\nd\r\n\r\n"
        let result = try await Tool.run(
            ["--redis", tool.url, "--namespace", tool.namespace, "--json", "enqueue", "mail", "--lines"], input: input)
        let report = try result.decoded(Report.self)
        #expect(result.status == 1 && report.added == 2 && report.refused == 1)
        #expect(report.errors.map(\.line) == [4] && report.errors.first?.error.contains("NUL") == true)
        let list = try await tool.run("jobs", "list", "--queue", "mail").output
        #expect(list.contains(#""a""#) && list.contains(#""d""#) && !list.contains(#"\r"#))
    }

    @Test func argumentsThatAreNoJSONAreShownWithWhatToWrite() async throws {
        let tool = try await Tool()
        let server = ["--redis", tool.url, "--namespace", tool.namespace]
        let words = try await Tool.run(server + ["enqueue", "mail", "--args", "notjson"])
        #expect(words.status == 2 && words.error.contains("the arguments 'notjson' are no JSON"), "\(words.error)")
        #expect(words.error.contains("in double quotes") && words.error.split(separator: "\n").count == 1)
    }

    @Test func theLimitOfPayloadsCanBeSet() async throws {
        let tool = try await Tool()
        let server = ["--redis", tool.url, "--namespace", tool.namespace]
        let large = "\"" + String(repeating: "x", count: 1 << 20) + "\""
        let refused = try await Tool.run(server + ["enqueue", "mail", "--args", "-"], input: large)
        #expect(refused.status == 2 && refused.error.contains("1048576"), "\(refused.error)")
        let taken = try await Tool.run(
            server + ["enqueue", "mail", "--args", "-", "--payload-limit", "2000000"], input: large)
        #expect(taken.status == 0, "\(taken.error)")
        #expect(try await Tool.run(server + ["enqueue", "mail", "--payload-limit", "0"]).status == 2)
    }
}
