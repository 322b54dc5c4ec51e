import Foundation
import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceInspector

/// Access tokens: who gets in, and who does not.
@Suite(.timeLimit(.minutes(10)))
struct TokenTests {
    @Test func aSecretOpensItsToken() async throws {
        let fixture = try await Fixture()
        let inspector = fixture.inspector.acting(as: Operator("ada", via: .tool, from: "h"))
        let (token, secret) = try await inspector.createToken(
            "ci", role: .operator, queues: ["mail", "web", "mail"], kinds: ["a b"], expires: .seconds(3600))
        #expect(secret.wholeMatch(of: /sluice_[a-z2-7]{10}_[a-z2-7]{52}/) != nil)
        #expect(secret.hasPrefix("sluice_\(token.id)_"))
        #expect(token.queues == ["mail", "web"] && token.kinds == ["a b"] && token.author == "ada" && token.used == nil)
        #expect(token.expires?.timeIntervalSince(token.created) == 3600)
        let found = try #require(try await fixture.inspector.authenticate(secret))
        #expect(found == token)
        #expect(found.allows(.viewer) && found.allows(.operator) && !found.allows(.admin))
        #expect(found.allows("web") && !found.allows("other") && found.allows(kind: "a b") && !found.allows(kind: "a"))
        #expect(Operator(found, from: "10.0.0.7") == Operator("token:ci", via: .api, from: "10.0.0.7"))
        let (other, otherSecret) = try await inspector.createToken("ci", role: .admin)
        #expect(other.id != token.id && otherSecret != secret)
        #expect(other.allows(.admin) && other.allows("any") && other.allows(kind: "any") && other.expires == nil)
        #expect(try await inspector.tokens().tokens.map(\.id) == [token.id, other.id])
    }

    @Test func whatIsNotTheSecretIsRefused() async throws {
        let fixture = try await Fixture()
        let (token, secret) = try await fixture.inspector.createToken("ci", role: .viewer)
        let (_, other) = try await fixture.inspector.createToken("other", role: .admin)
        let last = secret.hasSuffix("a") ? "b" : "a"
        let texts = [
            "", "sluice_", "sluice_\(token.id)_", "sluice__", String(secret.dropLast()), secret + "a", secret + "_", " " + secret,
            String(secret.dropLast()) + last, secret.uppercased(), "sluice_\(token.id)_" + other.suffix(52),
            "sluice_aaaaaaaaaa_" + secret.suffix(52), token.id, "\(token.id):used", String(repeating: "_", count: 100_000),
            TokenSecret(secret)?.digest ?? "",
        ]
        for text in texts { #expect(try await fixture.inspector.authenticate(text) == nil, "\(text.prefix(100))") }
        #expect(try await fixture.inspector.authenticate(secret)?.id == token.id)
    }

    @Test func aRevokedOrExpiredTokenIsRefused() async throws {
        let fixture = try await Fixture()
        let (token, secret) = try await fixture.inspector.createToken("ci", role: .viewer)
        #expect(try await fixture.inspector.authenticate(secret) != nil)
        #expect(try await fixture.inspector.revokeToken(token.id)?.name == "ci")
        #expect(try await fixture.inspector.authenticate(secret) == nil)
        #expect(try await fixture.inspector.revokeToken(token.id) == nil)
        #expect(try await fixture.inspector.revokeToken("\(token.id):used") == nil)
        #expect(try await fixture.store.command(["EXISTS", fixture.store.keys.tokens]).root.integer == 0)
        let expired = TokenSecret.random()
        var old = token
        (old.id, old.expires) = (expired.id, Date(milliseconds: try await fixture.store.now()))
        try await fixture.store.addToken(expired.id, TokenRecord(old, expired).json.encoded())
        #expect(try await fixture.inspector.authenticate(expired.text) == nil)
        let (tokens, time) = try await fixture.inspector.tokens()
        #expect(tokens.map { $0.isExpired(at: time) } == [true])
    }

    @Test func theLastUseIsNotedOnceAMinute() async throws {
        let fixture = try await Fixture()
        let (token, secret) = try await fixture.inspector.createToken("ci", role: .viewer)
        func used() async throws -> Int? {
            try await fixture.store.command(["HGET", fixture.store.keys.tokens, Store.tokenUse(token.id)]).root.integer
        }
        func set(_ time: Int) async throws { try await fixture.store.noteUse(of: token.id, at: time) }
        #expect(try await used() == nil)
        _ = try await fixture.inspector.authenticate(secret)
        #expect(try #require(try await used()) >= token.created.milliseconds)
        let now = try await fixture.store.now()
        try await set(now - 1000)
        _ = try await fixture.inspector.authenticate(secret)
        #expect(try await used() == now - 1000)
        try await set(now - 60_000)
        _ = try await fixture.inspector.authenticate(secret)
        #expect(try #require(try await used()) >= now)
        #expect(try await fixture.inspector.tokens().tokens.first?.used != nil)
    }

    @Test func nobodyElseLearnsTheSecret() async throws {
        let fixture = try await Fixture()
        let (token, secret) = try await fixture.inspector.createToken("ci", role: .admin, queues: ["mail"], expires: .seconds(60))
        try await fixture.inspector.revokeToken(token.id)
        let (_, kept) = try await fixture.inspector.createToken("ci", role: .admin)
        let actions = try await fixture.inspector.actions().actions
        #expect(actions.map(\.verb) == [.tokenCreate, .tokenRevoke, .tokenCreate])
        #expect(actions.allSatisfy { $0.outcome?.tally.changed == 1 })
        #expect(actions.last?.target.hasPrefix("\(token.id) ci --role admin --queue mail until ") == true)
        let stored = try await fixture.store.command(["HVALS", fixture.store.keys.tokens]).root.elements.compactMap(\.string)
        let logged = try await fixture.store.actionEntries(after: "0-0", most: 100).flatMap(\.fields.values)
        for text in stored + logged {
            for secret in [secret, kept] { #expect(!text.contains(secret.suffix(52))) }
        }
    }

    @Test func whatMakesNoSenseIsRefused() async throws {
        let fixture = try await Fixture()
        let many = (0..<101).map { "k\($0)" }
        for (name, kinds, lifetime) in [
            ("", [], nil), ("a b", [], nil), ("a\u{1B}", [], nil), ("ci", ["\n"], nil), ("ci", many, nil),
            ("ci", [], .zero), ("ci", [], .seconds(-1)), ("ci", [], .seconds(400_000_000)),
        ] as [(String, [String], Duration?)] {
            let error = await #expect(throws: SluiceError.self) {
                try await fixture.inspector.createToken(name, role: .viewer, kinds: kinds, expires: lifetime)
            }
            #expect(error?.code == .invalidArgument)
        }
        await #expect(throws: SluiceError.self) {
            try await fixture.inspector.createToken("ci", role: .viewer, queues: [QueueName(stringLiteral: "a b")])
        }
        #expect(try await fixture.inspector.tokens().tokens.isEmpty)
        #expect(try await fixture.inspector.actions().actions.isEmpty)
    }

    /// What somebody else wrote into the hash is no token.
    @Test func brokenRecordsOpenNothing() async throws {
        let fixture = try await Fixture()
        let secret = TokenSecret.random()
        for text in ["", "{}", "[]", #"{"name":"x","role":"god","queues":[],"kinds":[],"by":"","created":0,"sha256":""}"#] {
            _ = try await fixture.store.command(["HSET", fixture.store.keys.tokens, secret.id, text])
            #expect(try await fixture.inspector.authenticate(secret.text) == nil)
            #expect(try await fixture.inspector.tokens().tokens.isEmpty)
        }
    }

    @Test func rolesAreOrdered() {
        #expect(Role.viewer < .operator && .operator < Role.admin && !(Role.admin < .viewer) && !(Role.admin < .admin))
        #expect(Role(rawValue: "operator") == .operator)
    }
}
