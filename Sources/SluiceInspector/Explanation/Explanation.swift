public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The reasons why a job does not run, or its state, at one instant.
public struct Explanation: Sendable, Hashable, CustomStringConvertible {
    /// The queue of the job.
    public var queue: QueueName
    /// The id of the job.
    public var id: JobID
    /// The reasons in reading order; never empty.
    public var reasons: [Reason]
    /// The server's time of the explanation.
    public var time: Date

    /// One sentence per reason, without control characters.
    public var sentences: [String] { reasons.map { HumanText.visible($0.sentence(at: time)) } }

    /// The sentences, one per line.
    public var description: String { sentences.joined(separator: "\n") }
}

extension Inspector {
    /// Explains why a job does not run.
    /// - Returns: Nil if the queue has no job with this id.
    /// - Throws: a server error if Redis cannot be used.
    public func explain(_ id: JobID, in queue: QueueName) async throws(SluiceError) -> Explanation? {
        let reply = try await store.call(Explain(id), on: queue)
        if reply.isEmpty { return nil }
        // The clock of the queue, which tests move.
        let now = try await store.call(Status(), on: queue)["now"].flatMap { Int($0) } ?? 0
        return Explanation(
            queue: queue, id: id,
            reasons: reply.map { Explanation.Reason(code: $0.code, detail: String(decoding: $0.detail, as: UTF8.self)) },
            time: Date(milliseconds: now))
    }
}
