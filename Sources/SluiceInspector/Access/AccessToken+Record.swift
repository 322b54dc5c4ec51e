package import SluiceCore

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// A token as Redis has it: JSON in a hash, by id.
struct TokenRecord: Codable {
    var name: String
    var role: Role
    var queues: [String]
    var kinds: [String]
    var by: String
    /// In ms since 1970, as all times.
    var created: Int
    var expires: Int?
    /// The SHA-256 of the secret.
    var sha256: String

    /// Reads one; nil for text that is none, or of a newer version with another role.
    init?(_ text: String) {
        guard let record = try? JSONDecoder().decode(TokenRecord.self, from: Data(text.utf8)) else { return nil }
        self = record
    }

    init(_ token: AccessToken, _ secret: TokenSecret) {
        name = token.name
        role = token.role
        queues = token.queues.map(\.text)
        kinds = token.kinds
        by = token.author
        created = token.created.milliseconds
        expires = token.expires?.milliseconds
        sha256 = secret.digest
    }

    var json: JSONValue {
        [
            "name": .string(name), "role": .string(role.rawValue), "queues": .array(queues.map { .string($0) }),
            "kinds": .array(kinds.map { .string($0) }), "by": .string(by), "created": .integer(created),
            "expires": JSONValue(expires), "sha256": .string(sha256),
        ]
    }
}

extension AccessToken {
    init(_ id: String, _ record: TokenRecord, used: Int?) {
        self.init(
            id: id, name: record.name, role: record.role, queues: record.queues.compactMap { try? QueueName($0) },
            kinds: record.kinds, author: record.by, created: Date(milliseconds: record.created),
            expires: record.expires.map(Date.init(milliseconds:)), used: used.map(Date.init(milliseconds:)))
    }

    /// One token in the output of `sluice token list --json`.
    package func json(at time: Date) -> JSONValue {
        [
            "id": .string(id), "name": .string(name), "role": .string(role.rawValue),
            "queues": .array(queues.map { .string($0.text) }), "kinds": .array(kinds.map { .string($0) }),
            "by": .string(author), "created": JSONValue(time: created), "expires": JSONValue(time: expires),
            "expired": .bool(isExpired(at: time)), "used": JSONValue(time: used),
        ]
    }
}
