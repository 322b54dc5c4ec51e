import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceCLI

/// Unique jobs, from the tool.
@Suite(.timeLimit(.minutes(10)))
struct UniqueToolTests {
    private struct Enqueued: Decodable { var id: String; var added: Bool }
    private struct Details: Decodable {
        struct Unique: Decodable {
            struct Next: Decodable { var kind: String; var arguments: Int? }
            var fingerprint: String
            var until: String
            var next: Next?
        }
        var arguments: Int
        var unique: Unique?
    }

    private func enqueue(_ tool: Tool, _ more: String...) async throws -> Enqueued {
        let result = try await Tool.run(
            ["--redis", tool.url, "--namespace", tool.namespace, "enqueue", "mail", "--json"] + more)
        #expect(result.status == 0, "\(result.error)")
        return try result.decoded(Enqueued.self)
    }

    private func show(_ tool: Tool, _ id: String) async throws -> Details {
        try await tool.run("jobs", "show", id, "--json").decoded(Details.self)
    }

    @Test func anEqualJobIsNotAddedAndMayReplaceArguments() async throws {
        let tool = try await Tool()
        let first = try await enqueue(tool, "--unique", "order-7", "--args", "1")
        #expect(first.added)
        let second = try await enqueue(tool, "--unique", "order-7", "--args", "2")
        #expect(!second.added && second.id == first.id)
        _ = try await enqueue(tool, "--unique", "order-7", "--args", "3", "--on-conflict", "replace")
        var shown = try await show(tool, first.id)
        #expect(shown.arguments == 3 && shown.unique?.fingerprint == "order-7" && shown.unique?.until == "end")
        let refused = try await tool.run("enqueue", "mail", "--unique", "order-7", "--on-conflict", "fail")
        #expect(refused.status == 1 && refused.error.contains(first.id))
        let worker = try await HandWorker(tool)
        #expect(try await worker.cycle(1, demand: 1).count == 1)
        _ = try await enqueue(tool, "--unique", "order-7", "--args", "4", "--on-conflict", "replace")
        shown = try await show(tool, first.id)
        #expect(shown.unique?.next?.kind == "arguments" && shown.unique?.next?.arguments == 4)
        let card = try await tool.run("jobs", "show", first.id).output
        #expect(card.contains("unique by   order-7") && card.contains("runs with 4"))
        #expect(try await tool.run("audit", "mail").status == 0)
    }

    @Test func argumentsPeriodsAndStarts() async throws {
        let tool = try await Tool()
        let first = try await enqueue(tool, "--unique-args", "--args", #"{"a":1,"b":2}"#, "--unique-for", "1h")
        let card = try await tool.run("jobs", "show", first.id).output
        #expect(card.contains(", at least until "))
        #expect(try await !enqueue(tool, "--unique-args", "--args", #"{"b":2,"a":1}"#).added)
        #expect(try await tool.run("jobs", "cancel", first.id).status == 0)
        #expect(try await !enqueue(tool, "--unique-args", "--args", #"{"b":2,"a":1}"#).added)
        let start = try await enqueue(tool, "--unique", "k", "--unique-until", "start")
        #expect(try await tool.run("jobs", "show", start.id).output.contains("k, until it starts"))
        #expect(try await tool.run("jobs", "cancel", start.id).status == 0)
        let other = try await enqueue(tool, "--unique", "k")
        let retried = try await tool.run("jobs", "retry", start.id)
        #expect(retried.status == 1 && retried.output.contains("refused: \(other.id) has not ended and is equal"))
        #expect(try await tool.run("jobs", "retry", start.id, "--json").output.contains(#""taken""#))
    }

    @Test func linesAreUniqueByTheirText() async throws {
        let tool = try await Tool()
        let result = try await tool.run("enqueue", "mail", "--lines", "--unique-args", input: "a\nb\na\n")
        #expect(result.status == 0 && result.output.contains("2 jobs enqueued"), "\(result.output)\(result.error)")
        let failing = try await tool.run(
            "enqueue", "mail", "--lines", "--unique-args", "--on-conflict", "fail", input: "a\nc\n")
        #expect(failing.status == 1 && failing.output.contains("1 job enqueued") && failing.output.contains("1 line refused"))
    }

    @Test(arguments: [
        ["--unique", "a", "--unique-args"], ["--unique", ""], ["--unique-until", "start"], ["--unique-for", "1h"],
        ["--on-conflict", "keep"], ["--unique", "a", "--on-conflict", "die"], ["--unique", "a", "--unique-until", "never"],
        ["--unique", "a", "--unique-for", "0s"], ["--unique", "a", "--unique-for", "1h", "--unique-until", "start"],
    ]) func whatMakesNoSenseIsAUsageError(arguments: [String]) async throws {
        #expect(try await Tool.run(["enqueue", "mail"] + arguments).status == 2)
    }
}
