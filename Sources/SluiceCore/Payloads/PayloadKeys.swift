public import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The keys that seal arguments, results and recorded steps of jobs whose kind is encrypted, each under an id.
///
/// New texts are sealed with the current key; each text tells the id of its own, so older keys go on opening what they have
/// sealed. To rotate: give every process the new key beside the old one, then make it the current one everywhere, and drop the
/// old one when no job that was sealed with it is left. A job whose key a worker lacks waits, and says so; it is not lost.
///
/// Sealed with AES-GCM (NIST SP 800-38D) and a random nonce, by swift-crypto. Who can write to Redis cannot read a text, change
/// it, or pass it off as that of another job; ids, kinds, queues, partitions, times, and the texts of errors and of progress stay
/// readable.
public struct PayloadKeys: Sendable {
    /// The id of the key that seals.
    public let current: String
    /// All ids, sorted.
    public var ids: [String] { keys.keys.sorted() }

    private let keys: [String: SymmetricKey]
    private let index: SymmetricKey

    /// Keys by id.
    /// - Parameters:
    ///   - current: The id of the one that seals.
    ///   - keys: Of 128, 192 or 256 bits, by id: 1 to 64 letters, digits, `.`, `_` and `-`.
    ///   - index: Of 256 bits. Hides the arguments of unique jobs while telling equal ones; it has to stay as it is while such jobs
    ///     are live, whichever key seals.
    /// - Throws: `invalidArgument`.
    public init(current: String, keys: [String: SymmetricKey], index: SymmetricKey) throws(SluiceError) {
        guard keys[current] != nil else {
            throw SluiceError(.invalidArgument, "there is no key '\(current)', which is to be the current one")
        }
        for (id, key) in keys {
            guard (1...64).contains(id.utf8.count), id.utf8.allSatisfy(Self.isAllowed) else {
                throw SluiceError(.invalidArgument, "an id of a key is 1 to 64 letters, digits, '.', '_' and '-', not '\(id)'")
            }
            guard [128, 192, 256].contains(key.bitCount) else {
                throw SluiceError(.invalidArgument, "key '\(id)' has \(key.bitCount) bits: 128, 192 or 256 are right")
            }
        }
        guard index.bitCount == 256 else {
            throw SluiceError(.invalidArgument, "the index key has \(index.bitCount) bits: 256 are right")
        }
        self.current = current
        self.keys = keys
        self.index = index
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension PayloadKeys {
    /// Seals a text with the current key.
    /// - Parameter isRepeatable: whether equal texts become equal ones: the nonce is made from the text then, with the index key, as in
    ///   synthetic initialization vectors (RFC 5297).
    package func seal(_ text: [UInt8], as part: Part, isRepeatable: Bool = false) throws(SluiceError) -> SealedText {
        do {
            guard let key = keys[current] else { throw CryptoKitError.incorrectKeySize }
            let nonce = isRepeatable ? try AES.GCM.Nonce(data: blind(part.bytes + [0] + text).prefix(12)) : AES.GCM.Nonce()
            let box = try AES.GCM.seal(text, using: key, nonce: nonce, authenticating: part.bytes)
            return SealedText(key: current, base64: Data(box.nonce + box.ciphertext + box.tag).base64EncodedString())
        } catch {
            throw SluiceError(.invalidArgument, "what is to be encrypted cannot be: \(error)")
        }
    }

    /// Opens a text.
    /// - Throws: `undecryptable`.
    package func open(_ sealed: SealedText, as part: Part) throws(SluiceError) -> [UInt8] {
        guard let key = keys[sealed.key] else { throw sealed.closed(to: ids) }
        do {
            guard let data = Data(base64Encoded: sealed.base64) else { throw CryptoKitError.incorrectParameterSize }
            let box = try AES.GCM.SealedBox(combined: data)
            for reading in part.readings {
                if let text = try? AES.GCM.open(box, using: key, authenticating: reading) { return Array(text) }
            }
            throw CryptoKitError.authenticationFailure
        } catch {
            throw SluiceError(
                .undecryptable,
                "it does not open with key '\(sealed.key)': that is another key than it was encrypted with, or it was changed, or put "
                    + "there from another job")
        }
    }

    /// Stands for a text: the same for equal texts, and nobody without the index key can tell of which. HMAC-SHA256 (RFC 2104).
    package func blind(_ text: [UInt8]) -> [UInt8] { Array(HMAC<SHA256>.authenticationCode(for: text, using: index)) }
}

extension PayloadKeys {
    private struct Document: Codable {
        var current: String
        var keys: [String: Data]
        var index: Data
    }

    /// Reads keys from JSON: `{"current":"2026-11","keys":{"2026-11":"base64…"},"index":"base64…"}`.
    /// - Throws: `invalidArgument`; no part of a key is in its message.
    public init(json: String) throws(SluiceError) {
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(json.utf8)) else {
            throw SluiceError(
                .invalidArgument, #"keys are written {"current":"ID","keys":{"ID":"base64"},"index":"base64"}"#)
        }
        try self.init(
            current: document.current, keys: document.keys.mapValues { SymmetricKey(data: $0) },
            index: SymmetricKey(data: document.index))
    }

    /// The same JSON. It holds the keys themselves: keep it like a password.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        func data(_ key: SymmetricKey) -> Data { key.withUnsafeBytes { Data($0) } }
        let document = Document(current: current, keys: keys.mapValues(data), index: data(index))
        return (try? encoder.encode(document)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// New keys, random ones.
    public static func random(id: String) throws(SluiceError) -> PayloadKeys {
        try PayloadKeys(current: id, keys: [id: SymmetricKey(size: .bits256)], index: SymmetricKey(size: .bits256))
    }

    /// The same keys and a new one of 256 bits, which is the current one from now on. The index key stays.
    /// - Throws: `invalidArgument` if there is a key of that id.
    public func rotated(to id: String) throws(SluiceError) -> PayloadKeys {
        guard keys[id] == nil else { throw SluiceError(.invalidArgument, "there is a key '\(id)' already") }
        var keys = keys
        keys[id] = SymmetricKey(size: .bits256)
        return try PayloadKeys(current: id, keys: keys, index: index)
    }
}
