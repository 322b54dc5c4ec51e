import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// One run of a job that ended badly. The newest ten of a job are kept.
public struct JobFailure: Sendable, Hashable {
    /// When, by the server's clock.
    public var at: Date
    /// Which attempt it was, from 1.
    public var attempt: Int
    /// Who ran it.
    public var worker: String
    /// What went wrong, in words.
    public var message: String
    /// The whole error as the text of a JSON value: a string, or an object with more than the message.
    public var error: String
    /// Jobs that died with it when its worker died; most often empty.
    public var diedWith: [String]
}

extension JobFailure {
    /// Reads one line of the column; nil for one that makes no sense.
    init?(line: some StringProtocol) {
        var members: [String: [UInt8]] = [:]
        var text = Array(line.utf8)
        let isObject = text.withUnsafeMutableBytes { bytes in
            var scanner = JSONScanner(UnsafeRawBufferPointer(bytes))
            let walked: Void? = try? scanner.forEachMember { (name, value) throws(JSONScanner.Malformed) in
                members[name] = Array(value)
            }
            return walked != nil
        }
        guard isObject else { return nil }
        func decoded<Value: Decodable>(_ name: String, _: Value.Type) -> Value? {
            members[name].flatMap { try? JSONDecoder().decode(Value.self, from: Data($0)) }
        }
        let raw = members["error"] ?? []
        at = Date(milliseconds: decoded("at", Int.self) ?? 0)
        attempt = decoded("attempt", Int.self) ?? 0
        worker = decoded("worker", String.self) ?? ""
        error = String(decoding: raw, as: UTF8.self)
        message = decoded("error", String.self) ?? decoded("error", Details.self)?.message ?? error
        diedWith = decoded("died_with", [String].self) ?? []
    }

    private struct Details: Decodable { var message: String }
}
