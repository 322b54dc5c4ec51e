import Crypto
public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Checks in a receiver that a request was signed with the secret, and recently.
///
/// ```swift
/// let verifier = try WebhookVerifier([WebhookSecret("…")])
/// let event = try verifier.event(body, headers: { request.headers[$0] })
/// guard try await store.isNew(event.id) else { return .ok }   // a repetition has the same id
/// ```
/// Pass the body as it was received: decoding and encoding it again changes the signature.
public struct WebhookVerifier: Sendable {
    /// The reason why a request was rejected.
    public enum Refusal: Error, Hashable, Sendable {
        /// A header is missing or not valid, or the body is not an event.
        case malformed
        /// The timestamp is too old or too far ahead. The request may be a replay.
        case stale
        /// The signature does not match: another secret, or a changed body.
        case forged
    }

    private let secrets: [WebhookSecret]
    private let tolerance: Duration

    /// Makes a verifier.
    /// - Parameters:
    ///   - secrets: the secrets to accept, in any order; both the old and the new one during a rotation.
    ///   - tolerance: the largest difference, either way, between a request's time and this host's; 5 minutes by default.
    /// - Throws: `invalidArgument` without a secret.
    public init(_ secrets: [WebhookSecret], tolerance: Duration = .seconds(300)) throws(SluiceError) {
        if secrets.isEmpty { throw SluiceError(.invalidArgument, "a verifier takes at least one secret") }
        self.secrets = secrets
        self.tolerance = tolerance
    }

    /// Checks a request, in a time that does not reveal how much of a signature matches.
    /// - Parameters:
    ///   - body: the bytes as they came.
    ///   - timestamp: the value of header `Sluice-Timestamp`.
    ///   - signature: the value of header `Sluice-Signature`. One signature by a known secret is enough; schemes other than `v1`
    ///     are ignored.
    ///   - now: this host's time.
    /// - Throws: `malformed`, `forged`, or `stale`, in this order.
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
            // CryptoKit compares its codes in constant time.
            for known in expected where known == code { isGenuine = true }
        }
        guard isGenuine else { throw .forged }
        guard abs(now.timeIntervalSince1970 - time) <= tolerance / .seconds(1) else { throw .stale }
    }

    /// Checks a request and decodes its event.
    /// - Parameters:
    ///   - body: the bytes as they came.
    ///   - headers: returns the value of a header for its name, in any case.
    ///   - now: this host's time.
    /// - Throws: `malformed` also for a body that is not an event; else as ``check(_:timestamp:signature:now:)``.
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
