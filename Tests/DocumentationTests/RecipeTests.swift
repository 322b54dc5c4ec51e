import Foundation
import Sluice
import SluiceInspector
import SluiceTesting
import SluiceWorker
import Subprocess
import SystemPackage
import Testing

/// The recipes of the articles work, on a server of their own.
@Suite(.timeLimit(.minutes(10)))
struct RecipeTests {
    private struct Recipe {
        var command: String
        var prints: [Substring]
    }

    /// The recipes for `redis-cli`, each with the lines of comment below it, which say what it prints.
    private static func recipes() throws -> [Recipe] {
        var recipes: [Recipe] = []
        for line in try Document(article: "Tool").blocks("sh").flatMap(\.lines) {
            if line.hasPrefix("redis-cli ") {
                recipes.append(Recipe(command: String(line), prints: []))
            } else if line.hasPrefix("# "), let last = recipes.indices.last {
                recipes[last].prints.append(line.dropFirst(2))
            }
        }
        return recipes
    }

    @Test func everyRecipeWorks() async throws {
        let server = try await RedisTestServer.start()
        let inspector = try Inspector(url: server.url)
        _ = try await inspector.queues()
        let recipes = try Self.recipes()
        #expect(recipes.count >= 12)
        for recipe in recipes {
            let words = "redis-cli -s '\(server.socketPath)' -e " + recipe.command.dropFirst("redis-cli ".count)
            let result = try await run(
                .path("/bin/sh"), arguments: ["-c", words], output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
            #expect(result.terminationStatus.isSuccess, "\(recipe.command): \(result.standardOutput)\(result.standardError)")
            if !recipe.prints.isEmpty {
                #expect(result.standardOutput == recipe.prints.joined(separator: "\n") + "\n", "\(recipe.command)")
            }
        }
        #expect(try await inspector.status().map(\.queue) == ["mail"])
        #expect(try await inspector.audit().isClean)
        await inspector.close()
    }

    @Test func aWorkerNeedsNoMoreRightsThanTheArticleSays() async throws {
        let rule = try #require(
            try Document(article: "Security").blocks("conf").flatMap(\.lines).first {
                $0.hasPrefix("user worker ")
            })
        let server = try await RedisTestServer.start(.init(aclUsers: [String(rule.dropFirst("user ".count))]))
        let administrator = try Inspector(url: server.url)
        _ = try await administrator.queues()
        await administrator.close()

        let url = "unix://worker:secret@" + server.socketPath
        let inspector = try Inspector(url: url)
        let sluice = try await SluiceClient(.url(url))
        var transitions = try await inspector.transitions().makeAsyncIterator()
        try await sluice.enqueue(Greet(name: "Ada"))
        try await sluice.enqueue(Greet(name: "Grace")) { $0.delay = .seconds(3600) }
        let worker = greeter(sluice)
        let work = Task { try await worker.run() }
        while let transition = try await transitions.next(), transition.to != .completed {}
        let status = try await inspector.status(of: "greetings")
        #expect(status.states[.completed] == 1)
        #expect(status.states[.scheduled] == 1)
        #expect(try await inspector.audit().isClean)
        work.cancel()
        _ = try? await work.value
        await inspector.close()
        await sluice.close()

        for denied in [["GET", "other"], ["FUNCTION", "FLUSH"], ["EVAL", "return 1", "0"], ["FLUSHALL"]] {
            let error = await #expect(throws: RedisTestServerError.self) {
                try await server.cli(["--user", "worker", "--pass", "secret", "--no-auth-warning"] + denied)
            }
            #expect(error?.description.contains("NOPERM") == true, "\(denied)")
        }
    }
}
