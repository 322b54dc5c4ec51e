import Crypto

/// The secret of a token: `sluice_ID_` and 52 random characters, 260 bits.
struct TokenSecret {
    private static let prefix = "sluice_"
    private static let idLength = 10
    private static let randomLength = 52
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    let text: String
    let id: String

    /// Makes a new one. Its characters come from the system's generator.
    static func random() -> TokenSecret {
        let id = random(idLength)
        return TokenSecret(text: "\(prefix)\(id)_\(random(randomLength))", id: id)
    }

    private init(text: String, id: String) {
        self.text = text
        self.id = id
    }

    /// Reads one; nil for a text that is none.
    init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "_"), maxSplits: 3, omittingEmptySubsequences: false)
        let isShaped =
            parts.count == 3 && parts[0].elementsEqual("sluice".utf8) && parts[1].count == Self.idLength
            && parts[2].count == Self.randomLength && parts[1].allSatisfy(Self.alphabet.contains)
            && parts[2].allSatisfy(Self.alphabet.contains)
        guard isShaped else { return nil }
        self.text = text
        self.id = String(decoding: parts[1], as: UTF8.self)
    }

    /// Whether a text can be the id of a token.
    static func isID(_ text: String) -> Bool { text.utf8.count == idLength && text.utf8.allSatisfy(alphabet.contains) }

    /// The SHA-256 in hexadecimal: all that Redis has of it. A digest without salt is enough for 256 random bits.
    var digest: String {
        let digits = Array("0123456789abcdef".utf8)
        let bytes = SHA256.hash(data: Array(text.utf8)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether this is the secret with a digest. The time it takes does not tell where they differ.
    func matches(_ digest: String) -> Bool {
        let (own, other) = (Array(self.digest.utf8), Array(digest.utf8))
        if own.count != other.count { return false }
        return zip(own, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func random(_ length: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<length).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
