public import SluiceCore
import SluiceStore

/// A violated invariant of a queue's data, and its repair.
public struct Repair: Sendable, Hashable {
    /// The queue with the violation.
    public var queue: QueueName
    /// The invariant, as in ``AuditReport/Violation/invariant``.
    public var invariant: String
    /// The violation in words.
    public var what: String
    /// The repair in words; nil if no safe one is known.
    public var cure: String?
}

extension Inspector {
    /// The most passes. One repair may enable another, which the next pass makes.
    private static let mostPasses = 5

    /// Lists the repairs that ``repair(_:)`` would make. It changes nothing.
    /// - Throws: a server error if Redis cannot be used.
    public func repairPlan(_ queue: QueueName) async throws(SluiceError) -> [Repair] {
        try await pass(queue) { cursor throws(SluiceError) in try await self.store.call(PlanRepair(cursor: cursor), on: queue) }
    }

    /// Repairs the violations that an audit finds, page by page. Each is repaired in the call that finds it, until no repairable
    /// violation is left.
    ///
    /// The queue may go on working. No job is lost: a job that is in no index is restored, and a job that is in two keeps the one
    /// from which it can run, so it may run once more.
    /// - Returns: The violations and repairs, the first pass first. Audit again to see what is left.
    /// - Throws: a server error if Redis cannot be used. Earlier repairs stay, and the call can be repeated.
    public func repair(_ queue: QueueName) async throws(SluiceError) -> [Repair] {
        try await record(.auditRepair, in: queue) { (tally) async throws(SluiceError) in
            var done: [Repair] = []
            for _ in 0..<Self.mostPasses {
                let found = try await pass(queue) { cursor throws(SluiceError) in
                    try await self.store.call(MakeRepair(cursor: cursor), on: queue)
                }
                done += found
                let made = found.count(where: { $0.cure != nil })
                tally.changed += made
                // What cannot be repaired is found again in each pass.
                tally.skipped = found.count - made
                await relay.relay(queue)
                if made == 0 { break }
            }
            return done
        }
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
