public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A token with which a program uses the HTTP API. Its secret is known to its owner alone.
public struct AccessToken: Sendable, Hashable {
    /// The id, 10 characters. It is a part of the secret, and no secret itself.
    public var id: String
    /// A label for people: 1 to 64 letters, digits, dots, dashes or underscores. Several tokens may have one name.
    public var name: String
    /// What its owner may do.
    public var role: Role
    /// The queues that it is for; empty for all.
    public var queues: [QueueName]
    /// The kinds of jobs that it is for; empty for all.
    public var kinds: [String]
    /// The name of who created it.
    public var author: String
    /// The time of its creation, by the server's clock.
    public var created: Date
    /// The time from which it is refused; nil for never.
    public var expires: Date?
    /// The time of its last use, to the minute; nil if it was never used.
    public var used: Date?

    /// Whether it is refused because of its age.
    public func isExpired(at time: Date) -> Bool { expires.map { $0 <= time } ?? false }

    /// Whether its owner may do what a role may.
    public func allows(_ role: Role) -> Bool { self.role >= role }

    /// Whether it is for a queue.
    public func allows(_ queue: QueueName) -> Bool { queues.isEmpty || queues.contains(queue) }

    /// Whether it is for a kind of jobs.
    public func allows(kind: String) -> Bool { kinds.isEmpty || kinds.contains(kind) }
}

extension Operator {
    /// The owner of a token, who uses the HTTP API from an address.
    public init(_ token: AccessToken, from address: String) {
        self.init("token:\(token.name)", via: .api, from: address)
    }
}
