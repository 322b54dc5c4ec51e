import Crypto
import SecretFiles
public import SluiceCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The key that a sender of web hooks shares with its receivers.
public struct WebhookSecret: Sendable {
    /// The minimum length of a secret, in bytes.
    public static let fewestBytes = 16

    let key: SymmetricKey

    /// Makes a secret from raw bytes.
    /// - Throws: `invalidArgument` for fewer than 16 bytes, which could be guessed.
    public init(_ bytes: some Sequence<UInt8>) throws(SluiceError) {
        let bytes = Array(bytes)
        guard bytes.count >= Self.fewestBytes else {
            throw SluiceError(
                .invalidArgument, "a secret for web hooks has at least \(Self.fewestBytes) bytes, not \(bytes.count)")
        }
        key = SymmetricKey(data: bytes)
    }

    /// Makes a secret from the UTF-8 bytes of a text.
    /// - Throws: `invalidArgument` for fewer than 16 bytes.
    public init(_ text: String) throws(SluiceError) { try self.init(text.utf8) }

    /// Reads the secrets of a file: one a line, the newest first. Empty lines and lines that start with # are skipped. The path may
    /// be a symbolic link or a pipe. `sluice-webhooks` warns about a file that others can read.
    /// - Throws: `invalidArgument` if the file cannot be read, others may change it, it has no secret, or a secret is too short.
    public static func load(_ path: String) throws(SluiceError) -> [WebhookSecret] { try load(path) { _ in } }

    /// Reads the secrets of a file, and passes warnings about the file to `warn`.
    package static func load(_ path: String, warn: (String) -> Void) throws(SluiceError) -> [WebhookSecret] {
        let file: SecretFile
        do {
            file = try SecretFile(path, of: "secrets")
        } catch {
            throw SluiceError(.invalidArgument, error.description)
        }
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
