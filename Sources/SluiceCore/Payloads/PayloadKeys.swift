public import Crypto
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The keys that encrypt arguments, results and recorded steps of jobs of encrypted kinds, each under an id.
///
/// The current key encrypts new texts. Each text names its key, so older keys still decrypt what they have encrypted. To rotate:
/// give every process the new key beside the old one, then make it the current one everywhere, and drop the old one when no job
/// encrypted with it is left. A job whose key a worker lacks waits, and says so; it is not lost.
///
/// The cipher is AES-GCM (NIST SP 800-38D) with a random nonce, from swift-crypto. Write access to Redis does not suffice to read
/// a text, change it, or pass it off as that of another job. Ids, kinds, queues, partitions, times, and the texts of errors and
/// of progress stay readable.
public struct PayloadKeys: Sendable {
    private struct Content: Sendable {
        var current: String
        var keys: [String: SymmetricKey]
        var index: SymmetricKey
    }

    /// What all copies of a value have in common.
    private final class Shared: Sendable {
        let content: Mutex<Content>

        init(_ content: Content) { self.content = Mutex(content) }
    }

    /// The id of the key that encrypts.
    public var current: String { content.current }
    /// The ids of all keys, sorted.
    public var ids: [String] { content.keys.keys.sorted() }

    private let shared: Shared
    private var content: Content { shared.content.withLock { $0 } }

    /// Takes keys by their ids.
    /// - Parameters:
    ///   - current: The id of the key that encrypts.
    ///   - keys: Keys of 128, 192 or 256 bits, by id: 1 to 64 letters, digits, `.`, `_` and `-`.
    ///   - index: A key of 256 bits. It hides the arguments of unique jobs and still tells equal ones. It has to stay the same
    ///     while such jobs are live, whichever key encrypts.
    /// - Throws: `invalidArgument` if `current` is not among the keys, or an id or a key does not have its form.
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
        shared = Shared(Content(current: current, keys: keys, index: index))
    }

    /// Takes the keys of another value, for all copies of this one: their file has changed.
    /// - Throws: `invalidArgument` if the index key is another one, by which live unique jobs could no longer be told.
    package func replace(by other: PayloadKeys) throws(SluiceError) {
        let new = other.content
        let isSame = shared.content.withLock { content in
            if content.index != new.index { return false }
            content = new
            return true
        }
        if !isSame { throw SluiceError(.invalidArgument, "the index key is another one, which takes a restart of every program") }
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
    /// Encrypts a text with the current key.
    /// - Parameter isRepeatable: whether equal texts give equal results. The nonce is then made from the text with the index key,
    ///   as in synthetic initialization vectors (RFC 5297).
    /// - Throws: `invalidArgument` if the cipher fails.
    package func seal(_ text: [UInt8], as part: Part, isRepeatable: Bool = false) throws(SluiceError) -> SealedText {
        do {
            let content = content
            guard let key = content.keys[content.current] else { throw CryptoKitError.incorrectKeySize }
            let nonce = isRepeatable ? try AES.GCM.Nonce(data: blind(part.bytes + [0] + text).prefix(12)) : AES.GCM.Nonce()
            let box = try AES.GCM.seal(text, using: key, nonce: nonce, authenticating: part.bytes)
            return SealedText(key: content.current, base64: Data(box.nonce + box.ciphertext + box.tag).base64EncodedString())
        } catch {
            throw SluiceError(.invalidArgument, "what is to be encrypted cannot be: \(error)")
        }
    }

    /// Decrypts a text.
    /// - Throws: `undecryptable` if its key is missing, or the text is not that of this part.
    package func open(_ sealed: SealedText, as part: Part) throws(SluiceError) -> [UInt8] {
        guard let key = content.keys[sealed.key] else { throw sealed.closed(to: ids) }
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

    /// A keyed digest: equal for equal texts, and only the index key can link it to a text. HMAC-SHA256 (RFC 2104).
    package func blind(_ text: [UInt8]) -> [UInt8] { Array(HMAC<SHA256>.authenticationCode(for: text, using: content.index)) }
}

extension PayloadKeys {
    private struct Document: Codable {
        var current: String
        var keys: [String: Data]
        var index: Data
    }

    /// Parses keys from JSON: `{"current":"2026-11","keys":{"2026-11":"base64…"},"index":"base64…"}`.
    /// - Throws: `invalidArgument` if the JSON or a key is not valid. The message contains no part of a key.
    public init(json: String) throws(SluiceError) {
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(json.utf8)) else {
            throw SluiceError(
                .invalidArgument, #"keys are written {"current":"ID","keys":{"ID":"base64"},"index":"base64"}"#)
        }
        try self.init(
            current: document.current, keys: document.keys.mapValues { SymmetricKey(data: $0) },
            index: SymmetricKey(data: document.index))
    }

    /// The keys as JSON, in the form of ``init(json:)``. It holds the keys themselves: keep it like a password.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        func data(_ key: SymmetricKey) -> Data { key.withUnsafeBytes { Data($0) } }
        let content = content
        let document = Document(current: content.current, keys: content.keys.mapValues(data), index: data(content.index))
        return (try? encoder.encode(document)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// Generates random keys of 256 bits.
    /// - Throws: `invalidArgument` if the id is not valid.
    public static func random(id: String) throws(SluiceError) -> PayloadKeys {
        try PayloadKeys(current: id, keys: [id: SymmetricKey(size: .bits256)], index: SymmetricKey(size: .bits256))
    }

    /// These keys and a new one of 256 bits, which becomes the current one. The index key stays.
    /// - Throws: `invalidArgument` if a key with that id exists, or the id is not valid.
    public func rotated(to id: String) throws(SluiceError) -> PayloadKeys {
        let content = content
        guard content.keys[id] == nil else { throw SluiceError(.invalidArgument, "there is a key '\(id)' already") }
        var keys = content.keys
        keys[id] = SymmetricKey(size: .bits256)
        return try PayloadKeys(current: id, keys: keys, index: content.index)
    }
}
