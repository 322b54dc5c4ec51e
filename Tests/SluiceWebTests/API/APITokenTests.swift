import Foundation
import HTTPTypes
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import Testing

@testable import SluiceWeb

/// Access tokens over HTTP are those of the tool.
@Suite(.timeLimit(.minutes(5)))
struct APITokenTests {
    private static let body = #"""
        {"name":"ci","role":"operator","queues":["mail","web","mail"],"kinds":["resize"],"expires":"90d","reason":"for builds"}
        """#

    @Test func aTokenIsCreatedAndItsSecretShownOnce() async throws {
        let fixture = try await APIFixture(access: .custom { _ in nil })
        let inspector = fixture.inspector
        let admin = try await inspector.createToken("root", role: .admin).secret
        try await fixture.serve { call async throws in
            let document = try #require(try await call(.get, "openapi.json", token: admin).json as? [String: Any])
            let made = try await call(.post, "tokens", Self.body, token: admin)
            #expect(made.status == 201, "\(made.text)")
            #expect(made.headers[.cacheControl] == "no-store")
            let schema = ["$ref": "#/components/schemas/TokenCreated"]
            #expect(SchemaCheck(document: document).faults(of: made.json, schema).isEmpty)
            let secret = try #require(made.string("secret"))
            let token = try #require(try await inspector.authenticate(secret))
            #expect(made.string("id") == token.id)
            #expect(token.name == "ci")
            #expect(token.role == .operator)
            #expect(token.queues == ["mail", "web"])
            #expect(token.kinds == ["resize"])
            #expect(token.author == "token:root")
            #expect(token.expires.map { Int($0.timeIntervalSince(token.created).rounded()) } == 90 * 86_400)
            let log = try #require(try await inspector.actions(newest: 1).actions.first)
            #expect(log.verb == .tokenCreate)
            #expect(log.author.name == "token:root")
            #expect(log.author.channel == .api)
            #expect(log.reason == "for builds")
            #expect(log.outcome?.tally.changed == 1)

            let list = try await call(.get, "tokens", token: admin)
            let (tokens, time) = try await inspector.tokens()
            #expect(tokens.count == 2)
            #expect(list.text == String(decoding: JSONValue.array(tokens.map { $0.json(at: time) }).encoded(), as: UTF8.self))
            let random = try #require(secret.split(separator: "_").last)
            #expect(!list.text.contains(random) && !list.text.contains("sha256"))
            let actions = try await call(.get, "actions", token: admin)
            #expect(!actions.text.contains(random))
            // It may use what it is for.
            let whoami = try await call(.get, "whoami", token: secret)
            #expect(whoami.text == #"{"name":"token:ci","role":"operator","queues":["mail","web"],"kinds":["resize"]}"#)
        }
    }

    @Test func aTokenIsRevoked() async throws {
        let fixture = try await APIFixture(access: .custom { _ in nil })
        let inspector = fixture.inspector
        let admin = try await inspector.createToken("root", role: .admin).secret
        let (old, secret) = try await inspector.createToken("old", role: .viewer)
        try await fixture.serve { call async throws in
            let done = try await call(.delete, "tokens/\(old.id)?reason=leaked", token: admin)
            #expect(done.status == 200)
            #expect(done.text == #"{"id":"\#(old.id)","name":"old","revoked":true}"#)
            #expect(try await inspector.authenticate(secret) == nil)
            let log = try #require(try await inspector.actions(newest: 1).actions.first)
            #expect(log.verb == .tokenRevoke)
            #expect(log.author.name == "token:root")
            #expect(log.reason == "leaked")
            for id in [old.id, "none", "a%2Fb", secret] {
                let again = try await call(.delete, "tokens/\(id)", token: admin)
                #expect(again.status == 404, "\(id)")
                #expect(again.string("code") == "notFound")
            }
            #expect(try await inspector.tokens().tokens.map(\.name) == ["root"])
        }
    }

    /// Those who may not give access change nothing: lower roles, and an admin for some queues or kinds.
    @Test func onlyAnAdminForAllQueuesGivesAccess() async throws {
        let fixture = try await APIFixture(access: .custom { _ in nil })
        let inspector = fixture.inspector
        let id = try await inspector.createToken("kept", role: .viewer).token.id
        let secrets = [
            try await inspector.createToken("v", role: .viewer).secret,
            try await inspector.createToken("o", role: .operator).secret,
            try await inspector.createToken("q", role: .admin, queues: ["mail"]).secret,
            try await inspector.createToken("k", role: .admin, kinds: ["email"]).secret,
        ]
        try await fixture.serve { call async throws in
            for secret in secrets {
                #expect(try await call(.get, "tokens", token: secret).status == 403)
                #expect(try await call(.post, "tokens", Self.body, token: secret).status == 403)
                #expect(try await call(.delete, "tokens/\(id)", token: secret).status == 403)
            }
            #expect(try await inspector.tokens().tokens.count == 5)
        }
    }

    @Test func aServerThatOnlyShowsListsTokensForAdmins() async throws {
        let fixture = try await APIFixture(access: .custom { _ in nil }, options: DashboardOptions(isReadOnly: true))
        let admin = try await fixture.inspector.createToken("root", role: .admin).secret
        let viewer = try await fixture.inspector.createToken("v", role: .viewer).secret
        try await fixture.serve { call async throws in
            #expect(try await call(.get, "tokens", token: admin).status == 200)
            #expect(try await call(.get, "tokens", token: viewer).status == 403)
            let refused = try await call(.post, "tokens", Self.body, token: admin)
            #expect(refused.status == 403)
            #expect(refused.string("code") == "readOnly")
            #expect(try await call(.get, "whoami", token: admin).string("role") == "viewer")
        }
    }

    @Test(
        arguments: [
            ("", 400, nil), ("{}", 422, ""), (#"{"name":"ci"}"#, 422, ""), (#"{"role":"viewer"}"#, 422, ""),
            (#"{"name":"a b","role":"viewer"}"#, 422, "/name"), (#"{"name":"","role":"viewer"}"#, 422, "/name"),
            (#"{"name":"ci","role":"boss"}"#, 422, "/role"), (#"{"name":"ci","role":"viewer","queues":[]}"#, 422, "/queues"),
            (#"{"name":"ci","role":"viewer","queues":"mail"}"#, 422, "/queues"),
            (#"{"name":"ci","role":"viewer","queues":["mail","a b"]}"#, 422, "/queues/1"),
            (#"{"name":"ci","role":"viewer","kinds":[]}"#, 422, "/kinds"),
            (#"{"name":"ci","role":"viewer","kinds":["a\u0007"]}"#, 422, "/kinds/0"),
            (#"{"name":"ci","role":"viewer","expires":"soon"}"#, 422, "/expires"),
            (#"{"name":"ci","role":"viewer","expires":"0s"}"#, 422, "/expires"),
            (#"{"name":"ci","role":"viewer","expires":"5000d"}"#, 422, ""),
            (#"{"name":"ci","role":"viewer","queue":"mail"}"#, 422, "/queue"),
            (#"{"name":"ci","role":"viewer","reason":"a\nb"}"#, 422, "/reason"),
        ] as [(String, Int, String?)])
    func whatIsNoTokenIsNotCreated(body: String, status: Int, pointer: String?) async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let answer = try await call(.post, "tokens", body)
            #expect(answer.status == status, "\(answer.text)")
            if let pointer, !pointer.isEmpty { #expect(answer.string("pointer") == pointer) }
            #expect(try await fixture.inspector.tokens().tokens.isEmpty)
            #expect(try await fixture.inspector.actions(newest: 1).actions.isEmpty)
        }
    }

    @Test func aTokenHasABoundedNumberOfQueues() async throws {
        let fixture = try await APIFixture()
        try await fixture.serve { call async throws in
            let names = (0...AccessTokenDraft.mostScopes).map { "\"q\($0)\"" }.joined(separator: ",")
            let answer = try await call(.post, "tokens", #"{"name":"ci","role":"viewer","queues":[\#(names)]}"#)
            #expect(answer.status == 422)
            #expect(answer.string("pointer") == "/queues/\(AccessTokenDraft.mostScopes)")
        }
    }
}
