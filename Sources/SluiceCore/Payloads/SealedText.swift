/// An encrypted text as Redis keeps it: `{"key":"2026-11","sealed":"base64…"}`.
package struct SealedText: Sendable, Equatable {
    /// The id of the key.
    package var key: String
    /// Nonce, ciphertext and tag.
    package var base64: String

    package init(key: String, base64: String) {
        self.key = key
        self.base64 = base64
    }

    /// Nil if a text does not have that form.
    package init?(_ text: [UInt8]) {
        guard text.starts(with: Self.opening) else { return nil }
        let members = text.withUnsafeBytes { try? JSONText.strings($0) }
        guard let members, members.count == 2, let key = members["key"], let sealed = members["sealed"] else { return nil }
        self.init(key: key, base64: sealed)
    }

    private static let opening = Array("{\"key\":".utf8)

    /// The JSON text.
    package var encoded: [UInt8] { Array("{\"key\":\(JSONText.quoted(key)),\"sealed\":\"\(base64)\"}".utf8) }

    /// The text shown in its place.
    package var placeholder: String { "\"[encrypted with key \(key)]\"" }

    /// The error when these keys cannot decrypt it.
    package func closed(to keys: [String]) -> SluiceError {
        let has = keys.isEmpty ? "no keys" : "only \(keys.map { "'\($0)'" }.joined(separator: ", "))"
        return SluiceError(
            .undecryptable, "it is encrypted with key '\(key)', and there \(keys.count == 1 ? "is" : "are") \(has)")
    }
}
