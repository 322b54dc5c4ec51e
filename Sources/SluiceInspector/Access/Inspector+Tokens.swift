public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension Inspector {
    /// The most tokens of a namespace.
    private static let mostTokens = 1000
    /// The most queues, or kinds, of a token.
    private static let mostScopes = 100
    /// How exactly the last use is known.
    private static let useInterval = 60_000

    /// Creates an access token. Redis gets a digest of its secret, from which the secret cannot be computed.
    /// - Parameters:
    ///   - name: A label: 1 to 64 letters, digits, dots, dashes or underscores.
    ///   - role: What its owner may do.
    ///   - queues: The queues that it is for, at most 100; none for all.
    ///   - kinds: The kinds of jobs that it is for, at most 100; none for all.
    ///   - lifetime: The time after which it is refused, up to ten years; nil for never.
    /// - Returns: The token, and its secret, which is not to be had again.
    /// - Throws: `invalidArgument` for a value that is not valid, and if there are 1,000 tokens; a server error if Redis cannot be
    ///   used.
    public func createToken(
        _ name: String, role: Role, queues: [QueueName] = [], kinds: [String] = [], expires lifetime: Duration? = nil
    ) async throws(SluiceError) -> (token: AccessToken, secret: String) {
        try checkName(name, of: "token")
        for queue in queues { _ = try queue.validated() }
        for kind in kinds { try KindName.check(kind) }
        guard queues.count <= Self.mostScopes, kinds.count <= Self.mostScopes else {
            throw SluiceError(.invalidArgument, "a token is for at most 100 queues and 100 kinds; name none for all")
        }
        if let lifetime, lifetime <= .zero || lifetime > .seconds(10 * 366 * 86_400) {
            throw SluiceError(.invalidArgument, "the lifetime of a token is above 0 and at most ten years")
        }
        let secret = TokenSecret.random()
        let (known, now) = try await tokens()
        guard known.count < Self.mostTokens else {
            throw SluiceError(.invalidArgument, "there are \(known.count) tokens: revoke those that are not used")
        }
        let token = AccessToken(
            id: secret.id, name: name, role: role, queues: queues.uniqued, kinds: kinds.uniqued,
            author: Action.bounded(author.name, 128), created: now,
            expires: lifetime.map { Date(milliseconds: now.milliseconds + $0.milliseconds) })
        let record = TokenRecord(token, secret).json.encoded()
        return try await self.record(.tokenCreate, on: Self.text(token)) { (tally) async throws(SluiceError) in
            try await store.addToken(token.id, record)
            tally.count(true)
            return (token, secret.text)
        }
    }

    /// Returns all tokens, the oldest first, and the server's time.
    /// - Throws: a server error if Redis cannot be used.
    public func tokens() async throws(SluiceError) -> (tokens: [AccessToken], time: Date) {
        let (fields, now) = try await store.tokens()
        let tokens = fields.compactMap { id, text in
            TokenRecord(text).map { AccessToken(id, $0, used: fields[Store.tokenUse(id)].flatMap { Int($0) }) }
        }
        return (tokens.sorted { ($0.created, $0.id) < ($1.created, $1.id) }, Date(milliseconds: now))
    }

    /// Revokes a token: from now on it is refused.
    /// - Returns: The token; nil if there is none with this id.
    /// - Throws: a server error if Redis cannot be used.
    @discardableResult
    public func revokeToken(_ id: String) async throws(SluiceError) -> AccessToken? {
        guard TokenSecret.isID(id), let record = try await store.token(id).text.flatMap(TokenRecord.init) else { return nil }
        let token = AccessToken(id, record, used: nil)
        return try await self.record(.tokenRevoke, on: Self.text(token)) { (tally) async throws(SluiceError) in
            let wasThere = try await store.removeToken(id)
            tally.count(wasThere)
            return wasThere ? token : nil
        }
    }

    /// Finds the token that a secret belongs to.
    ///
    /// It makes one call, and a second one at most once a minute, which notes the use. A text that cannot be a secret costs none.
    /// - Returns: The token; nil if there is none with this secret, or it has expired by the server's clock.
    /// - Throws: a server error if Redis cannot be used.
    public func authenticate(_ secret: String) async throws(SluiceError) -> AccessToken? {
        guard let secret = TokenSecret(secret) else { return nil }
        let (text, used, now) = try await store.token(secret.id)
        guard let record = text.flatMap(TokenRecord.init), secret.matches(record.sha256) else { return nil }
        let token = AccessToken(secret.id, record, used: used)
        if token.isExpired(at: Date(milliseconds: now)) { return nil }
        if now - (used ?? 0) >= Self.useInterval {
            // That a use cannot be noted is no reason to refuse it.
            try? await store.noteUse(of: secret.id, at: now)
        }
        return token
    }

    private static func text(_ token: AccessToken) -> String {
        var words = [token.id, token.name, "--role \(token.role.rawValue)"]
        words += token.queues.map { "--queue \($0)" } + token.kinds.map { "--kind \(ActionTarget.quoted($0))" }
        if let end = token.expires { words.append("until \(end.rfc3339)") }
        return words.joined(separator: " ")
    }
}
