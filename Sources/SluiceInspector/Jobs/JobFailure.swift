import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A failed attempt of a job. The newest ten are kept.
public struct JobFailure: Sendable, Hashable {
    /// The time of the failure, by the server's clock.
    public var at: Date
    /// The number of the attempt, from 1.
    public var attempt: Int
    /// The worker that ran the attempt.
    public var worker: String
    /// The error message.
    public var message: String
    /// The whole error as JSON text: a string, or an object with more than the message.
    public var error: String
    /// Jobs that were lost together with this one when the worker died; usually empty.
    public var diedWith: [String]
}

extension JobFailure {
    /// Parses one line of the column; nil if it is not valid.
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
