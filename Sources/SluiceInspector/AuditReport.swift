public import SluiceCore
import SluiceStore

/// What an audit found. The invariants are those of the data model: each job is in exactly one index, no counter lies, what is
/// held is run, nothing is left behind.
public struct AuditReport: Sendable, Hashable {
    /// Something that must not be.
    public struct Violation: Sendable, Hashable {
        /// The queue it was found in.
        public var queue: QueueName
        /// Which invariant, `I1` to `I10`.
        public var invariant: String
        /// What is wrong, in words.
        public var what: String
    }

    /// All that was found.
    public var violations: [Violation] = []
    /// Jobs, lanes, workers and entries that were looked at.
    public var checked = 0
    /// False if the audit ended early because there was so much to report.
    public var isComplete = true

    /// Whether nothing was found.
    public var isClean: Bool { violations.isEmpty }
}

extension Inspector {
    /// Checks the invariants of a queue, a page at a time, each page at one instant, while the queue goes on working.
    /// - Parameters:
    ///   - queue: The queue.
    ///   - limit: Violations after which to stop.
    public func audit(_ queue: QueueName, limit: Int = 1000) async throws(SluiceError) -> AuditReport {
        var report = AuditReport()
        var cursor = ""
        while true {
            let page = try await store.call(AuditPage(cursor: cursor), on: queue)
            report.checked += page.checked
            report.violations += page.violations.map {
                AuditReport.Violation(queue: queue, invariant: $0.invariant, what: $0.what)
            }
            guard let next = page.cursor else { return report }
            if report.violations.count >= limit {
                report.isComplete = false
                return report
            }
            cursor = next
        }
    }

    /// Checks all queues, one after the other.
    /// - Parameter limit: Violations after which to stop.
    public func audit(limit: Int = 1000) async throws(SluiceError) -> AuditReport {
        var report = AuditReport()
        for queue in try await queues() {
            let part = try await audit(queue, limit: limit - report.violations.count)
            report.violations += part.violations
            report.checked += part.checked
            report.isComplete = part.isComplete && report.violations.count < limit
            if !report.isComplete { break }
        }
        return report
    }
}
