package import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The uniqueness of a job, and the request that an equal job left for the end of the current run.
public struct JobUniqueness: Sendable, Hashable {
    /// The run that follows the current one.
    public enum Next: Sendable, Hashable {
        /// The job runs again, or a new job with the same arguments does.
        case again
        /// A run with these arguments, as redacted JSON text: of this job if it runs again, else of a new job.
        case arguments(String)
    }

    /// The fingerprint that equal jobs share in Redis: a key as it was given, or a digest.
    public var fingerprint: String
    /// Whether a claim releases the fingerprint. A claimed job then has none.
    public var isUntilStarted: Bool
    /// The time before which no equal job is added, even if this job has ended.
    public var heldUntil: Date?
    /// The run that follows the current one, if any.
    public var next: Next?

    /// Makes a value from its parts.
    public init(fingerprint: String, isUntilStarted: Bool = false, heldUntil: Date? = nil, next: Next? = nil) {
        self.fingerprint = fingerprint
        self.isUntilStarted = isUntilStarted
        self.heldUntil = heldUntil
        self.next = next
    }

    /// Parses the columns of the library; nil for a job that is not unique.
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
    /// Parses `id kind set length:options spec`; earlier libraries wrote no `set`.
    fileprivate init?(column: String, in queue: QueueName, _ keys: PayloadKeys?) {
        let parts = column.split(separator: " ", maxSplits: 2)
        guard parts.count == 3 else { return nil }
        if parts[1] == "again" {
            self = .again
            return
        }
        let words = parts[2].split(separator: " ", maxSplits: 1)
        let last = words.count == 2 && !words[0].contains(":") ? words[1] : parts[2]
        let rest = last.split(separator: ":", maxSplits: 1)
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
