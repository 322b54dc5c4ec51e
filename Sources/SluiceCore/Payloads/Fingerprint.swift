import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The identity of equal jobs, in 1 to 22 characters that are safe in Redis: the first 16 bytes of a SHA-256 as base64url, or a
/// short key as it is. For an encrypted job it is always a digest that the index key hides.
package enum Fingerprint {
    package static let longest = 22

    /// The fingerprint of a job by its basis. For an encrypted job, `keys` hide what it is made from.
    /// - Throws: `invalidArgument` if the job cannot have one.
    package static func of(
        _ basis: Unique.Basis, kind: String, arguments: [UInt8], hiddenBy keys: PayloadKeys? = nil
    ) throws(SluiceError) -> String {
        switch basis.kind {
        case .key(let key):
            if key.isEmpty { throw SluiceError(.invalidArgument, "the key of a unique job is empty") }
            return keys == nil && isReadable(key) ? key : digest(kind: "", Array(key.utf8), keys)
        case .arguments: return digest(kind: kind, try canonical(arguments, fields: nil), keys)
        case .fields(let names):
            if names.isEmpty {
                throw SluiceError(.invalidArgument, "jobs of kind '\(kind)' are unique by no field at all: name some")
            }
            return digest(kind: kind, try canonical(arguments, fields: names), keys)
        }
    }

    private static func isReadable(_ key: String) -> Bool {
        key.utf8.count <= longest
            && key.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private static func digest(kind: String, _ text: [UInt8], _ keys: PayloadKeys?) -> String {
        let text = Array(kind.utf8) + [0] + text
        let hash = keys?.blind(text) ?? Array(SHA256.hash(data: text))
        let base64 = Data(hash.prefix(16)).base64EncodedString()
        return String(decoding: base64.utf8.prefix(longest).map(urlSafe), as: UTF8.self)
    }

    private static func urlSafe(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "+"): UInt8(ascii: "-")
        case UInt8(ascii: "/"): UInt8(ascii: "_")
        default: byte
        }
    }

    private static func canonical(_ arguments: [UInt8], fields: [String]?) throws(SluiceError) -> [UInt8] {
        do throws(JSONScanner.Malformed) {
            return try CanonicalJSON.text(arguments, fields: fields)
        } catch {
            let whole = fields == nil ? "arguments" : "fields of arguments"
            throw SluiceError(.invalidArgument, "a job cannot be unique by \(whole) like these: \(error.reason)")
        }
    }
}
