import SluiceTesting
import Testing

@testable import SluiceCLI

/// Access tokens as people and scripts meet them.
@Suite(.timeLimit(.minutes(10)))
struct TokenToolTests {
    private struct Token: Decodable {
        var id: String
        var name: String
        var role: String
        var queues: [String]
        var kinds: [String]
        var by: String
        var expires: String?
        var expired: Bool
        var used: String?
        var secret: String?
    }

    @Test func aTokenIsCreatedListedAndRevoked() async throws {
        let tool = try await Tool()
        let made = try await tool.run(
            "token", "create", "ci", "--role", "operator", "--queue", "mail", "--queue", "web", "--kind", "resize", "--expires",
            "90d", "--actor", "ada")
        #expect(made.status == 0)
        let secret = made.output.dropLast()
        #expect(secret.wholeMatch(of: /sluice_[a-z2-7]{10}_[a-z2-7]{52}/) != nil)
        #expect(made.error.contains("for mail, web; only resize until 20") && !made.error.contains(secret.suffix(52)))
        let list = try await tool.run("token", "list", "--json").decoded([Token].self)
        let token = try #require(list.first)
        #expect(list.count == 1 && token.name == "ci" && token.role == "operator" && token.by == "ada")
        #expect(token.queues == ["mail", "web"] && token.kinds == ["resize"] && token.expires != nil && !token.expired)
        #expect(token.used == nil && token.secret == nil && secret.contains(token.id))
        let table = try await tool.run("token")
        #expect(table.output.contains("ci    operator") && !table.output.contains(secret.suffix(52)))
        #expect(try await !tool.run("log", "--json").output.contains(secret.suffix(52)))
        #expect(try await tool.run("token", "revoke", token.id).output == "revoked \(token.id) (ci)\n")
        let again = try await tool.run("token", "revoke", token.id)
        #expect(again.status == 1 && again.error.contains("there is no token '\(token.id)'"))
        #expect(try await tool.run("token", "list").error == "sluice: there are no tokens\n")
        let json = try await tool.run("token", "create", "x", "--role", "admin", "--json").decoded(Token.self)
        #expect(json.secret?.contains(json.id) == true && json.expires == nil)
    }

    @Test(arguments: [
        (["create", "ci"], "--role"), (["create", "a b", "--role", "viewer"], "not a valid name of a token"),
        (["create", "ci", "--role", "god"], "no role"), (["create", "ci", "--role", "viewer", "--queue", "a b"], "queue name"),
        (["create", "ci", "--role", "viewer", "--expires", "soon"], "no duration"),
        (["create", "ci", "--role", "viewer", "--expires", "0s"], "lifetime"),
    ]) func nonsenseIsRefused(_ words: [String], _ reason: String) async throws {
        let tool = try await Tool()
        let result = try await Tool.run(["--redis", tool.url, "--namespace", tool.namespace, "token"] + words)
        #expect(result.status == 2 && result.output.isEmpty && result.error.contains(reason), "\(result.error)")
    }
}
