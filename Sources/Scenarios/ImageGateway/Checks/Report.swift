import ScenarioSupport

extension RequirementsReport {
    /// The report of a run of the gateway. The queue has to be sound besides, and empty.
    init(_ evidence: Evidence) {
        let ends = Dictionary(grouping: evidence.jobs, by: \.state).map { "\($0.value.count) \($0.key)" }.sorted()
        let audits = evidence.asOriginal ? "" : "; \(evidence.audits) audits, \(evidence.violations.count) violations"
        let left = evidence.left == 0 ? [] : ["\(evidence.left) jobs have not ended"]
        self.init(
            Requirement.allCases.map { ($0.name, $0.text, evidence.verdict(on: $0)) },
            faults: evidence.violations.map { "audit: \($0)" } + left,
            subject: "\(evidence.jobs.count) orders",
            load: "\(evidence.jobs.count) orders: \(ends.joined(separator: ", ")); \(evidence.actions.count) actions; "
                + "\(evidence.killed) workers died\(audits)",
            asOriginal: evidence.asOriginal, elapsed: evidence.elapsed)
    }
}
