package import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What makes a job unique, and what an equal one that was enqueued while it ran has left for the end of its run.
public struct JobUniqueness: Sendable, Hashable {
    /// What is to come after the run under way.
    public enum Next: Sendable, Hashable {
        /// The job runs again, or a new one with its arguments does.
        case again
        /// The job, should it run again, or else a new one, runs with these arguments, JSON text, shown as those of the job are.
        case arguments(String)
    }

    /// What it has in common with equal jobs, in Redis: a key as it was given, or a digest.
    public var fingerprint: String
    /// Whether it gives the fingerprint up when it is claimed. One that was claimed has none any more.
    public var isUntilStarted: Bool
    /// The time before which no equal job is added, though it may have ended.
    public var heldUntil: Date?
    /// What is to come after the run under way, if anything.
    public var next: Next?

    /// What is known of a job's uniqueness, from its parts.
    public init(fingerprint: String, isUntilStarted: Bool = false, heldUntil: Date? = nil, next: Next? = nil) {
        self.fingerprint = fingerprint
        self.isUntilStarted = isUntilStarted
        self.heldUntil = heldUntil
        self.next = next
    }

    /// Reads the columns of the library; nil for a job that is not unique.
    init?(reply: [String: String], in queue: QueueName, _ keys: PayloadKeys?) {
        guard let text = reply["fingerprint"] else { return nil }
        let next = reply["next"].flatMap { Next(column: $0, in: queue, keys) }
        switch text.first {
        case ">": self.init(fingerprint: String(text.dropFirst()), isUntilStarted: true, next: next)
        case "@":
            let parts = text.dropFirst().split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let time = Int(parts[0]) else { return nil }
            self.init(fingerprint: String(parts[1]), heldUntil: Date(milliseconds: time), next: next)
        default: self.init(fingerprint: text, next: next)
        }
    }

    package var json: JSONValue {
        [
            "fingerprint": .string(fingerprint), "until": .string(isUntilStarted ? "start" : "end"),
            "held_until": JSONValue(time: heldUntil), "next": next?.json ?? .null,
        ]
    }
}

extension JobUniqueness.Next {
    /// Reads `id kind length:options spec`.
    fileprivate init?(column: String, in queue: QueueName, _ keys: PayloadKeys?) {
        let parts = column.split(separator: " ", maxSplits: 2)
        guard parts.count == 3 else { return nil }
        if parts[1] == "again" {
            self = .again
            return
        }
        let rest = parts[2].split(separator: ":", maxSplits: 1)
        guard rest.count == 2, let length = Int(rest[0]) else { return nil }
        let spec = JobSpec(lenient: String(decoding: rest[1].utf8.dropFirst(length), as: UTF8.self))
        self = .arguments(spec.shownArguments(keys, of: SealOwner(anyIn: queue)))
    }

    fileprivate var json: JSONValue {
        switch self {
        case .again: ["kind": "again"]
        case .arguments(let text): ["kind": "arguments", "arguments": JSONValue(text: Array(text.utf8))]
        }
    }
}
