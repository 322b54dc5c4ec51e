import ScenarioSupport

/// What people and scripts read at the end.
struct Report {
    private let evidence: Evidence
    private let verdicts: [(requirement: Requirement, verdict: Verdict)]

    init(_ evidence: Evidence) {
        self.evidence = evidence
        verdicts = Requirement.allCases.map { ($0, evidence.verdict(on: $0)) }
    }

    /// Whether each requirement was looked at, and holds, and the queue is sound.
    var isGood: Bool {
        evidence.violations.isEmpty && evidence.left == 0
            && verdicts.allSatisfy { if case .holds = $0.verdict { true } else { false } }
    }

    var lines: [String] {
        TextTable.findings(verdicts.map { ($0.requirement.name, $0.requirement.text, $0.verdict) })
            + evidence.violations.prefix(5).map { "FAIL audit: \($0)" } + ["", load, conclusion]
    }

    private var load: String {
        let ends = Dictionary(grouping: evidence.jobs, by: \.state).map { "\($0.value.count) \($0.key)" }.sorted()
        let audits = evidence.asOriginal ? "" : "; \(evidence.audits) audits, \(evidence.violations.count) violations"
        return "\(evidence.jobs.count) orders: \(ends.joined(separator: ", ")); \(evidence.actions.count) actions; "
            + "\(evidence.killed) workers died\(audits)"
    }

    private var conclusion: String {
        let design = evidence.asOriginal ? " under the original's design" : ""
        let broken = verdicts.filter(\.verdict.isBroken).map(\.requirement.name)
        let seconds = "\(Double(evidence.elapsed.microseconds / 100_000) / 10) s"
        if isGood { return "\(evidence.jobs.count) orders, all requirements hold\(design); \(seconds)" }
        let names = broken.isEmpty ? "not everything could be evaluated" : "broken: " + broken.joined(separator: ", ")
        return "\(evidence.jobs.count) orders\(design), \(names); \(seconds)"
    }
}
