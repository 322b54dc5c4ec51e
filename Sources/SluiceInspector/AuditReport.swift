public import SluiceCore
import SluiceStore

/// The result of an audit. The invariants are those of the data model: each job is in exactly one index, no counter is wrong, each
/// held place belongs to a running job, and nothing is left behind.
public struct AuditReport: Sendable, Hashable {
    /// A violated invariant.
    public struct Violation: Sendable, Hashable {
        /// The queue with the violation.
        public var queue: QueueName
        /// The invariant, `I1` to `I10`.
        public var invariant: String
        /// The violation in words.
        public var what: String
    }

    /// All violations found.
    public var violations: [Violation] = []
    /// The number of jobs, lanes, workers and entries checked.
    public var checked = 0
    /// False if the audit stopped at its limit of violations.
    public var isComplete = true

    /// Whether no violation was found.
    public var isClean: Bool { violations.isEmpty }
}

extension Inspector {
    /// Checks the invariants of a queue. It reads a page at a time, each at one instant, while the queue goes on working.
    /// - Parameters:
    ///   - queue: The queue.
    ///   - limit: The number of violations after which to stop.
    /// - Throws: a server error if Redis cannot be used.
    public func audit(_ queue: QueueName, limit: Int = 1000) async throws(SluiceError) -> AuditReport {
        try await audit(queue, limit: limit) { _ in }
    }

    /// The same; passes on what was found so far after each page, and stops when the task is cancelled.
    package func audit(
        _ queue: QueueName, limit: Int = 1000, tell: (AuditReport) async -> Void
    ) async throws(SluiceError) -> AuditReport {
        var report = AuditReport()
        var cursor = ""
        while true {
            let page = try await store.call(AuditPage(cursor: cursor), on: queue)
            report.checked += page.checked
            report.violations += page.violations.map {
                AuditReport.Violation(queue: queue, invariant: $0.invariant, what: $0.what)
            }
            await tell(report)
            guard let next = page.cursor else { return report }
            if report.violations.count >= limit || Task.isCancelled {
                report.isComplete = false
                return report
            }
            cursor = next
        }
    }

    /// Checks all queues, several at once.
    /// - Parameter limit: The number of violations after which to stop.
    /// - Throws: a server error if Redis cannot be used.
    public func audit(limit: Int = 1000) async throws(SluiceError) -> AuditReport {
        do {
            return try await audit(queues(), limit: limit) { _ in }
        } catch {
            throw SluiceError(any: error)
        }
    }

    /// The same of some queues, what was found in each handed on in their order, as soon as it is known.
    package func audit(
        _ queues: [QueueName], limit: Int = 1000, tell: (AuditReport) throws -> Void
    ) async throws -> AuditReport {
        var report = AuditReport()
        do {
            try await InOrder.run(queues) {
                try await self.audit($0, limit: limit)
            } take: { part in
                var part = part
                part.violations = Array(part.violations.prefix(limit - report.violations.count))
                try tell(part)
                report.violations += part.violations
                report.checked += part.checked
                report.isComplete = part.isComplete && report.violations.count < limit
                if !report.isComplete { throw EnoughFound() }
            }
        } catch is EnoughFound {}
        return report
    }
}

/// There is so much to report that the rest is not looked at.
private struct EnoughFound: Error {}
