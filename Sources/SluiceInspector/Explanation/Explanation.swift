public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Why a job does not run, or what it does instead of waiting, at one instant.
public struct Explanation: Sendable, Hashable, CustomStringConvertible {
    /// The queue it is in.
    public var queue: QueueName
    /// The job.
    public var id: JobID
    /// What stands in its way, in the order in which a person should read it; never empty.
    public var reasons: [Reason]
    /// The server's time at that instant.
    public var time: Date

    /// A sentence for each reason, without control characters.
    public var sentences: [String] { reasons.map { HumanText.visible($0.sentence(at: time)) } }

    /// The sentences, a line each.
    public var description: String { sentences.joined(separator: "\n") }
}

extension Inspector {
    /// Answers "why does this job not run?"; nil if the queue has no job of that id.
    public func explain(_ id: JobID, in queue: QueueName) async throws(SluiceError) -> Explanation? {
        let reply = try await store.call(Explain(id), on: queue)
        if reply.isEmpty { return nil }
        return Explanation(
            queue: queue, id: id,
            reasons: reply.map { Explanation.Reason(code: $0.code, detail: String(decoding: $0.detail, as: UTF8.self)) },
            time: Date(milliseconds: try await store.now()))
    }
}
