import Foundation
import HTTPTypes
import SluiceCore
import SluiceInspector
import SluiceTesting
import Testing

@testable import SluiceWeb

/// The page of access tokens.
@Suite(.timeLimit(.minutes(10)))
struct TokensPageTests {
    @Test func onlyAnAdminSeesTokens() async throws {
        let fixture = try await PageFixture()
        for role in [Role.viewer, .operator] {
            #expect(try await fixture.get("/tokens", as: role).status == 403)
            #expect(try await !fixture.get("/", as: role).body.contains("href=\"/tokens\""))
        }
        let page = try await fixture.get("/tokens", as: .admin)
        #expect(page.status == 200 && page.says("There is no token.") && page.body.contains("sluice token list"))
        #expect(page.body.contains("<a href=\"/tokens\" aria-current=\"page\">Tokens</a>"))
        #expect(try await fixture.get("/", as: .admin).body.contains("href=\"/tokens\""))
    }

    @Test func aTokenIsCreatedAndItsSecretShownOnce() async throws {
        let fixture = try await PageFixture()
        let fields = [
            "name": "ci", "role": "operator", "queues": "mail\r\n web \r\n", "kinds": "resize\nnew <b>film\n", "expires": "90d",
        ]
        try await fixture.checkRefused("/tokens", fields, as: .operator)
        let made = try await fixture.post("/tokens", fields, as: .admin)
        #expect(made.status == 200)
        let secret = String(try #require(made.text.firstMatch(of: /sluice_[a-z2-7]{10}_[a-z2-7]{52}/)).output)
        #expect(made.says("It is shown now and never again") && made.says("mail, web; only resize, new <b>film"))
        #expect(!made.body.contains("<b>film"))
        #expect(
            made.says("sluice token create ci --role operator --queue mail --queue web --kind resize --kind 'new <b>film'"),
            "\(made.text)")
        let (tokens, time) = try await fixture.inspector.tokens()
        let token = try #require(tokens.first)
        #expect(tokens.count == 1 && token.name == "ci" && token.role == .operator && token.author == "ada")
        #expect(token.queues == ["mail", "web"] && token.kinds == ["resize", "new <b>film"])
        #expect(token.expires.map { Int($0.timeIntervalSince(time).rounded()) } == 90 * 86_400)
        #expect(try await fixture.inspector.authenticate(secret)?.id == token.id)
        let list = try await fixture.get("/tokens", as: .admin)
        #expect(list.says("ci \(token.id) operator mail, web; only resize, new <b>film"), "\(list.text)")
        #expect(list.text.contains(/ago ada .*in (90d|89d 23h)/) && !list.body.contains(secret.suffix(52)))
        #expect(try await !fixture.get("/log", as: .admin).body.contains(secret.suffix(52)))
    }

    @Test(arguments: [
        ["role": "viewer"], ["name": "a b", "role": "viewer"], ["name": "ci"], ["name": "ci", "role": "boss"],
        ["name": "ci", "role": "viewer", "queues": "a b"], ["name": "ci", "role": "viewer", "kinds": "a\u{7}"],
        ["name": "ci", "role": "viewer", "expires": "soon"], ["name": "ci", "role": "viewer", "expires": "0s"],
        ["name": "ci", "role": "viewer", "expires": "5000d"],
    ]) func whatIsNoTokenIsNotCreated(fields: [String: String]) async throws {
        let fixture = try await PageFixture()
        #expect(try await fixture.post("/tokens", fields, as: .admin).status == 400)
        #expect(try await fixture.inspector.tokens().tokens.isEmpty)
    }

    @Test func aTokenIsRevokedAfterAQuestion() async throws {
        let fixture = try await PageFixture()
        let (token, secret) = try await fixture.inspector.createToken("old", role: .viewer)
        let path = "/tokens/\(token.id)/revoke"
        let page = try await fixture.get("/tokens", as: .admin)
        #expect(page.body.contains("action=\"\(path)\"") && page.says("A revoked token cannot be restored."))
        try await fixture.checkRefused(path, as: .operator)
        #expect(try await fixture.inspector.authenticate(secret) != nil)
        let done = try await fixture.post(path, ["reason": "leaked"], as: .admin)
        #expect(done.status == 303 && done.location == "/tokens")
        #expect(try await fixture.inspector.authenticate(secret) == nil)
        let action = try #require(try await fixture.inspector.actions(newest: 1).actions.first)
        #expect(action.verb == .tokenRevoke && action.author.name == "ada" && action.reason == "leaked")
        #expect(try await fixture.post(path, as: .admin).status == 404)
        #expect(try await fixture.post("/tokens/none/revoke", as: .admin).status == 404)
    }

    @Test func manyTokensHavePages() async throws {
        let fixture = try await PageFixture()
        for number in 0..<130 { _ = try await fixture.inspector.createToken("t\(number)", role: .viewer) }
        let first = try await fixture.get("/tokens", as: .admin)
        let second = try await fixture.get("/tokens?from=100", as: .admin)
        #expect(first.body.contains("href=\"/tokens?from=100\"") && !second.body.contains("?from="))
        let pages = [first, second].map { $0.body.matches(of: /action="\/tokens\/[a-z2-7]{10}\/revoke"/).count }
        #expect(pages == [100, 30])
    }
}
