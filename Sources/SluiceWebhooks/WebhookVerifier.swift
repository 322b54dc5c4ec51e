import Crypto
public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Tells receivers whether a request comes from who has the secret, and came only now.
///
/// ```swift
/// let verifier = try WebhookVerifier([WebhookSecret("…")])
/// let event = try verifier.event(body, headers: { request.headers[$0] })
/// guard try await store.isNew(event.id) else { return .ok }   // what comes twice has the same id
/// ```
/// Give it the body's bytes as they came: what was decoded and encoded again has another signature.
public struct WebhookVerifier: Sendable {
    /// Why a request is not to be believed.
    public enum Refusal: Error, Hashable, Sendable {
        /// A header is missing, or makes no sense.
        case malformed
        /// It was signed too long ago, or lies too far ahead: it may be an old one, sent again by somebody else.
        case stale
        /// It was signed with another secret, or changed on its way.
        case forged
    }

    private let secrets: [WebhookSecret]
    private let tolerance: Duration

    /// A verifier.
    /// - Parameters:
    ///   - secrets: those that are believed, in any order: while one takes the place of another, both.
    ///   - tolerance: how far a request's time may be from this host's, either way; 5 minutes unless given.
    /// - Throws: `invalidArgument` without a secret.
    public init(_ secrets: [WebhookSecret], tolerance: Duration = .seconds(300)) throws(SluiceError) {
        if secrets.isEmpty { throw SluiceError(.invalidArgument, "a verifier takes at least one secret") }
        self.secrets = secrets
        self.tolerance = tolerance
    }

    /// Checks a request, in a time that does not tell how much of a signature is right.
    /// - Parameters:
    ///   - body: the bytes as they came.
    ///   - timestamp: the value of header `Sluice-Timestamp`.
    ///   - signature: the value of header `Sluice-Signature`, in which one signature by a known secret is enough; schemes other
    ///     than `v1` are passed over.
    ///   - now: this host's time.
    public func check(
        _ body: some Sequence<UInt8>, timestamp: String, signature: String, now: Date = Date()
    ) throws(Refusal) {
        let body = Array(body)
        guard !timestamp.isEmpty, timestamp.utf8.count <= 12, timestamp.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let time = Double(timestamp), signature.utf8.count <= 4096
        else { throw .malformed }
        let codes = signature.split(separator: ",").compactMap(Self.code)
        guard !codes.isEmpty else { throw .malformed }
        let expected = secrets.map { WebhookSignature.code(body, at: timestamp, $0.key) }
        var isGenuine = false
        for code in codes {
            // Comparing a code of CryptoKit's takes the same time for each of its kind.
            for known in expected where known == code { isGenuine = true }
        }
        guard isGenuine else { throw .forged }
        guard abs(now.timeIntervalSince1970 - time) <= tolerance / .seconds(1) else { throw .stale }
    }

    /// Checks a request, and reads it.
    /// - Parameters:
    ///   - body: the bytes as they came.
    ///   - headers: the value of a header by its name, in whatever case.
    ///   - now: this host's time.
    public func event(
        _ body: some Sequence<UInt8>, headers: (String) -> String?, now: Date = Date()
    ) throws(Refusal) -> WebhookEvent {
        guard let timestamp = headers(WebhookSignature.timestamp), let signature = headers(WebhookSignature.signature) else {
            throw .malformed
        }
        let body = Array(body)
        try check(body, timestamp: timestamp, signature: signature, now: now)
        guard let event = WebhookEvent(body) else { throw .malformed }
        return event
    }

    private static func code(_ part: Substring) -> [UInt8]? {
        let words = part.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
        guard words.count == 2, words[0] == WebhookSignature.version, let bytes = WebhookSignature.bytes(words[1]),
            bytes.count == SHA256.byteCount
        else { return nil }
        return bytes
    }
}
