import Crypto
public import SluiceCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a sender of web hooks and its receivers share, and nobody else knows.
public struct WebhookSecret: Sendable {
    /// The fewest bytes that one has.
    public static let fewestBytes = 16

    let key: SymmetricKey

    /// A secret from its bytes, as they are.
    /// - Throws: `invalidArgument` for fewer than 16 bytes, which could be guessed.
    public init(_ bytes: some Sequence<UInt8>) throws(SluiceError) {
        let bytes = Array(bytes)
        guard bytes.count >= Self.fewestBytes else {
            throw SluiceError(
                .invalidArgument, "a secret for web hooks has at least \(Self.fewestBytes) bytes, not \(bytes.count)")
        }
        key = SymmetricKey(data: bytes)
    }

    /// A secret from a text: its bytes in UTF-8.
    /// - Throws: `invalidArgument` for fewer than 16 bytes.
    public init(_ text: String) throws(SluiceError) { try self.init(text.utf8) }

    /// The secrets of a file, one a line, the newest first; lines that are empty or begin with # say nothing.
    /// A symbolic link and a pipe will do. `sluice webhooks` warns of a file that others can read.
    /// - Throws: `invalidArgument` if it cannot be read, others may change it, it has none, or has one that is too short.
    public static func load(_ path: String) throws(SluiceError) -> [WebhookSecret] { try load(path) { _ in } }

    /// The same, and what is to be told of the file.
    package static func load(_ path: String, warn: (String) -> Void) throws(SluiceError) -> [WebhookSecret] {
        let file = try SecretFile(path, of: "secrets")
        let text = file.text
        if let warning = file.warning { warn(warning) }
        var secrets: [WebhookSecret] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimming { $0.isWhitespace }
            if line.isEmpty || line.hasPrefix("#") { continue }
            secrets.append(try WebhookSecret(line))
        }
        if secrets.isEmpty { throw SluiceError(.invalidArgument, "the file '\(path)' has no secret") }
        return secrets
    }
}

extension Substring {
    fileprivate func trimming(_ isBlank: (Character) -> Bool) -> String {
        var rest = drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return String(rest)
    }
}
