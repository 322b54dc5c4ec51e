import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The header names and the signature scheme that sender and receiver share.
enum WebhookSignature {
    static let id = "Sluice-Id"
    static let timestamp = "Sluice-Timestamp"
    static let signature = "Sluice-Signature"
    /// The scheme: HMAC-SHA256 of `TIMESTAMP.BODY`, in hexadecimal digits.
    static let version = "v1"

    static func code(_ body: some Sequence<UInt8>, at timestamp: String, _ key: SymmetricKey) -> HMAC<SHA256>.MAC {
        var hmac = HMAC<SHA256>(key: key)
        hmac.update(data: Array(timestamp.utf8))
        hmac.update(data: [UInt8(ascii: ".")])
        hmac.update(data: Array(body))
        return hmac.finalize()
    }

    /// The value of the signature header: one code per secret, so a receiver needs to know only one of them.
    static func header(_ body: [UInt8], at timestamp: String, _ secrets: [WebhookSecret]) -> String {
        secrets.map { "\(version)=\(hexadecimal(code(body, at: timestamp, $0.key)))" }.joined(separator: ",")
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Decodes hexadecimal digits; nil if they are not valid.
    static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue.map(UInt8.init) }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
