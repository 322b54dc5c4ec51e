import Crypto
import CryptoExtras

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The hash of a password, as the file of users holds it: `scrypt:ROUNDS:SALT:KEY`, the last two in Base64.
///
/// The algorithm is scrypt (RFC 7914) with 2¹⁵ rounds, blocks of 8 and no parallelism: about 0.1 s and 32 MiB a check.
public struct PasswordHash: Sendable, Hashable, CustomStringConvertible {
    private static let usualRounds = 1 << 15
    private static let mostRounds = 1 << 20
    private static let size = 32

    private let rounds: Int
    private let salt: Data
    private let key: Data

    /// Hashes a password with a random salt.
    /// - Throws: an error of the library, if the memory is not to be had.
    public init(of password: String) throws {
        let salt = SymmetricKey(size: .bits128).withUnsafeBytes { Data($0) }
        self.init(
            rounds: Self.usualRounds, salt: salt, key: try Self.derive(password, salt: salt, rounds: Self.usualRounds))
    }

    /// Reads the text of a hash; nil if it is none.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[0] == "scrypt", let rounds = Int(parts[1]), (1024...Self.mostRounds).contains(rounds),
            rounds.nonzeroBitCount == 1, let salt = Data(base64Encoded: parts[2]), !salt.isEmpty,
            let key = Data(base64Encoded: parts[3]), key.count == Self.size
        else { return nil }
        self.init(rounds: rounds, salt: salt, key: key)
    }

    private init(rounds: Int, salt: Data, key: Data) {
        self.rounds = rounds
        self.salt = salt
        self.key = key
    }

    /// The text for the file of users.
    public var description: String { "scrypt:\(rounds):\(salt.base64EncodedString()):\(key.base64EncodedString())" }

    /// Whether this is the hash of a password. It takes about 0.1 s of a processor.
    func matches(_ password: String) -> Bool {
        guard let derived = try? Self.derive(password, salt: salt, rounds: rounds) else { return false }
        return Secrets.areEqual(derived, key)
    }

    private static func derive(_ password: String, salt: Data, rounds: Int) throws -> Data {
        try KDF.Scrypt.deriveKey(
            from: Data(password.utf8), salt: salt, outputByteCount: size, rounds: rounds, blockSize: 8, parallelism: 1
        ).withUnsafeBytes { Data($0) }
    }
}

enum Secrets {
    /// Compares without telling by its time where two texts differ.
    static func areEqual(_ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> Bool {
        var (left, right) = (left.makeIterator(), right.makeIterator())
        var difference: UInt8 = 0
        while true {
            switch (left.next(), right.next()) {
            case (nil, nil): return difference == 0
            case (let a, let b): difference |= (a ?? 0) ^ (b ?? 0) | (a == nil || b == nil ? 1 : 0)
            }
        }
    }
}
