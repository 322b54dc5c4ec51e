public import SluiceCore
import SluiceStore

/// Something that is wrong with the data of a queue, and what repairs it.
public struct Repair: Sendable, Hashable {
    /// The queue it was found in.
    public var queue: QueueName
    /// Which invariant, as in ``AuditReport/Violation/invariant``.
    public var invariant: String
    /// What is wrong, in words.
    public var what: String
    /// What a repair does about it, in words; nil where nothing is known to be safe.
    public var cure: String?
}

extension Inspector {
    /// Passes in which one repair may make the next one possible.
    private static let mostPasses = 5

    /// What ``repair(_:)`` would do about what an audit finds. Changes nothing.
    public func repairPlan(_ queue: QueueName) async throws(SluiceError) -> [Repair] {
        try await pass(queue) { cursor throws(SluiceError) in try await self.store.call(PlanRepair(cursor: cursor), on: queue) }
    }

    /// Repairs what an audit finds, page by page, each thing in the call that finds it, until nothing is found that can be repaired.
    ///
    /// The queue may be at work meanwhile. No job is lost: one that is nowhere comes back, one that is in two places keeps the one
    /// from which it may yet run, so that it may run once more.
    /// - Returns: What was found and done, the first pass first. Audit again to see what is left.
    /// - Throws: What Redis came up with; what was done before stays done, and it may be called again.
    public func repair(_ queue: QueueName) async throws(SluiceError) -> [Repair] {
        var done: [Repair] = []
        for _ in 0..<Self.mostPasses {
            let found = try await pass(queue) { cursor throws(SluiceError) in
                try await self.store.call(MakeRepair(cursor: cursor), on: queue)
            }
            done += found
            await relay.relay(queue)
            if !found.contains(where: { $0.cure != nil }) { break }
        }
        return done
    }

    private func pass(
        _ queue: QueueName, _ page: (String) async throws(SluiceError) -> RepairPage
    ) async throws(SluiceError) -> [Repair] {
        var found: [Repair] = []
        var cursor: String? = ""
        while let at = cursor {
            let reply = try await page(at)
            found += reply.findings.map {
                Repair(queue: queue, invariant: $0.invariant, what: $0.what, cure: $0.cure.isEmpty ? nil : $0.cure)
            }
            cursor = reply.cursor
        }
        return found
    }
}
