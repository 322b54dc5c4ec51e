import Foundation
import Sluice
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Batches as scripts meet them.
@Suite(.timeLimit(.minutes(10)))
struct BatchesToolTests {
    private struct Shown: Decodable {
        struct Members: Decodable, Equatable { var total: Int; var waiting: Int; var completed: Int; var cancelled: Int }
        struct Callback: Decodable { var event: String; var state: String; var queue: String; var kind: String?; var job: String }
        var batch: String
        var name: String
        var state: String
        var sealed: String?
        var members: Members
        var parent: String?
        var callbacks: [Callback]?
        var waiting: [String]?
    }

    private func client(_ tool: Tool) async throws -> SluiceClient {
        var options = SluiceClient.Options()
        options.namespace = try Namespace(tool.namespace)
        return try await SluiceClient(.url(tool.url), options: options)
    }

    private func jobs(_ ids: String...) throws -> [JobRequest] {
        try ids.map { id in
            var request = try JobRequest(kind: "k", queue: "mail", arguments: "{}")
            request.id = try JobID(id)
            return request
        }
    }

    @Test func aBatchIsListedAndShown() async throws {
        let tool = try await Tool()
        #expect(try await tool.run("batches", "list", "--json").output == "[]\n")
        let client = try await client(tool)
        _ = try await client.openBatch("outer", id: BatchID("o"))
        let told = try JobRequest(kind: "told", queue: "web", arguments: "{}")
        let batch = try await client.openBatch(
            "import", id: BatchID("b"), on: [.completed: told, .failed: told], within: BatchID("o"))
        try await batch.add(try jobs("x", "y", "z"))
        var shown = try await tool.run("batches", "show", "b", "--json").decoded(Shown.self)
        #expect(shown.state == "open" && shown.name == "import" && shown.parent == "o" && shown.sealed == nil)
        #expect(shown.waiting == ["x", "y", "z"])
        #expect(shown.callbacks?.map(\.event) == ["failed", "completed"])
        #expect(shown.callbacks?.first?.job == "b.failed" && shown.callbacks?.first?.kind == "told")
        #expect(shown.callbacks?.allSatisfy { $0.state == "waiting" && $0.queue == "web" } == true)
        try await batch.seal()
        let list = try await tool.run("batches", "list", "--json").decoded([Shown].self)
        #expect(list.map(\.batch).sorted() == ["b", "o"])
        #expect(try await tool.run("batches", "list", "--state", "sealed", "--json").decoded([Shown].self).map(\.batch) == ["b"])
        let card = try await tool.run("batches", "show", "b", "--limit", "2").output
        #expect(card.contains("sealed: 3 members, 3 waiting\nmember of batch o\n"), "\(card)")
        #expect(card.contains(" and 1 more\n"))
        #expect(try await tool.run("batches", "show", "o").output.contains("waits for batch:b\n"))
        #expect(try await tool.run("batches").output.contains("BATCH"))
        // A worker carries the news; here somebody else does.
        _ = try await client.store.call(
            BatchCall(.done(.cancelled, [JobID("x"), JobID("y"), JobID("z")])), batch: BatchID("b"))
        shown = try await tool.run("batches", "show", "b", "--json").decoded(Shown.self)
        #expect(shown.state == "finished" && shown.members == .init(total: 3, waiting: 0, completed: 0, cancelled: 3))
        #expect(shown.callbacks?.map(\.state) == ["fired", "waiting"])
        await client.close()
    }

    @Test(arguments: [
        (["show", "none"], 1, "there is no batch 'none'"), (["list", "--state", "lost"], 2, "no state of a batch"),
        (["show", "no name"], 2, "not a valid name of a batch"), (["show", "b", "--limit", "0"], 2, "--limit is 1 to 1000"),
    ])
    func refusalsAreOneLine(_ words: [String], _ status: Int, _ message: String) async throws {
        let tool = try await Tool()
        let result = try await Tool.run(["--redis", tool.url, "--namespace", tool.namespace, "batches"] + words)
        #expect(result.status == status && result.error.contains(message), "\(result.error)")
        #expect(result.error.split(separator: "\n").count == 1)
    }
}
