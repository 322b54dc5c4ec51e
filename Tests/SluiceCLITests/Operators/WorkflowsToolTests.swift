import Foundation
import Sluice
import SluiceCore
import SluiceTesting
import Testing

/// Workflows as scripts meet them.
@Suite(.timeLimit(.minutes(10)))
struct WorkflowsToolTests {
    private struct Shown: Decodable {
        struct Graph: Decodable {
            struct Node: Decodable { var node: String; var state: String; var job: String? }
            struct Edge: Decodable { var from: String; var to: String; var on_failed: String }
            var nodes: [Node]
            var edges: [Edge]
            var cut: Bool
        }
        var workflow: String
        var state: String
        var nodes: [String: Int]
        var graph: Graph?
    }

    private func enqueue(_ tool: Tool) async throws {
        var options = SluiceClient.Options()
        options.namespace = try Namespace(tool.namespace)
        let client = try await SluiceClient(.url(tool.url), options: options)
        var flow = Workflow("test")
        flow.id = "w"
        let first = flow.add("first", try JobRequest(kind: "k", queue: "mail", arguments: "{}"))
        flow.add("second", try JobRequest(kind: "k", queue: "mail", arguments: "{}"), after: first, onFailed: .ignore)
        try await client.enqueue(flow)
        await client.close()
    }

    @Test func workflowsAreListedShownCancelledAndRetried() async throws {
        let tool = try await Tool()
        #expect(try await tool.run("workflows", "list", "--json").output == "[]\n")
        try await enqueue(tool)
        let list = try await tool.run("workflows", "list", "--json").decoded([Shown].self)
        #expect(list.map(\.workflow) == ["w"] && list.first?.nodes["suspended"] == 1)
        #expect(try await tool.run("workflows", "list", "--state", "completed", "--json").output == "[]\n")
        let shown = try await tool.run("workflows", "show", "w", "--json").decoded(Shown.self)
        #expect(shown.graph?.nodes.map(\.node) == ["first", "second"] && shown.graph?.nodes.first?.job == "w:first")
        #expect(shown.graph?.edges.first?.on_failed == "ignore" && shown.graph?.cut == false)
        #expect(try await tool.run("workflows", "show", "w").output.contains("first (ignore)"))
        #expect(try await tool.run("workflows", "show", "w", "--mermaid").output.hasPrefix("flowchart TD\n"))
        #expect(try await tool.run("workflows", "show", "w", "--dot").output.hasPrefix("digraph workflow {\n"))
        let cancelled = try await tool.run("workflows", "cancel", "w")
        #expect(cancelled.status == 0 && cancelled.output.hasPrefix("w: "), "\(cancelled.error)")
        #expect(try await tool.run("jobs", "show", "w:first", "--json").output.contains("\"cancelled\""))
        let retried = try await tool.run("workflows", "retry", "w", "--json")
        #expect(retried.status == 0, "\(retried.error)")
    }

    @Test(arguments: [
        (["show", "none"], 1, "there is no workflow 'none'"), (["cancel", "none"], 1, "there is no workflow 'none'"),
        (["list", "--state", "lost"], 2, "no state of a workflow"),
        (["show", "w", "--mermaid", "--dot"], 2, "--mermaid or --dot"),
        (["show", "no name"], 2, "not a valid name of a workflow"),
    ])
    func refusalsAreOneLine(_ words: [String], _ status: Int, _ message: String) async throws {
        let tool = try await Tool()
        let result = try await Tool.run(["--redis", tool.url, "--namespace", tool.namespace, "workflows"] + words)
        #expect(result.status == status && result.error.contains(message), "\(result.error)")
        #expect(result.error.split(separator: "\n").count == 1)
    }
}
