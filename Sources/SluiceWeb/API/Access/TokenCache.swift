import SluiceCore
import SluiceInspector
import Synchronization

/// Remembers for a moment which secrets are those of tokens, so that a busy client does not ask Redis with each request.
///
/// A token that is revoked works for ``span`` at most after that.
final class TokenCache: Sendable {
    static let span = Duration.seconds(3)
    private static let most = 1000

    private struct Entry {
        var token: AccessToken
        var read: ContinuousClock.Instant
    }

    private let entries = Mutex<[String: Entry]>([:])

    /// The token of a secret; nil if there is none.
    /// - Throws: a server error if Redis cannot be used.
    func token(
        _ secret: String, at now: ContinuousClock.Instant = .now, _ inspector: Inspector
    ) async throws(SluiceError) -> AccessToken? {
        if let entry = entries.withLock({ $0[secret] }), now - entry.read < Self.span { return entry.token }
        let token = try await inspector.authenticate(secret)
        entries.withLock { entries in
            guard let token else {
                entries[secret] = nil
                return
            }
            if entries.count >= Self.most { entries = entries.filter { now - $0.value.read < Self.span } }
            if entries.count < Self.most { entries[secret] = Entry(token: token, read: now) }
        }
        return token
    }
}
