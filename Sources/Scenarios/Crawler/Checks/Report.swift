import ScenarioSupport

/// What people and scripts read at the end.
struct Report {
    private let evidence: Evidence
    private let verdicts: [(requirement: Requirement, verdict: Verdict)]

    init(_ evidence: Evidence) {
        self.evidence = evidence
        verdicts = Requirement.allCases.map { ($0, evidence.verdict(on: $0)) }
    }

    /// Whether each requirement was looked at, and holds.
    var isGood: Bool {
        verdicts.allSatisfy { if case .holds = $0.verdict { true } else { false } }
    }

    var lines: [String] {
        TextTable.findings(verdicts.map { ($0.requirement.name, $0.requirement.text, $0.verdict) }) + ["", load, conclusion]
    }

    private var load: String {
        let seconds = Double(evidence.announcing.microseconds) / 1_000_000
        let rate = seconds > 0 ? Int(Double(evidence.announcements) / seconds) : 0
        return "\(evidence.announcements) announcements, sent at \(rate)/s; \(evidence.calls.count) calls of the API"
    }

    private var conclusion: String {
        let design = evidence.asOriginal ? " under the original's design" : ""
        let broken = verdicts.filter(\.verdict.isBroken).map(\.requirement.name)
        let seconds = "\(Double(evidence.elapsed.microseconds / 100_000) / 10) s"
        if isGood { return "\(evidence.scale.items) fingerprints, all requirements hold\(design); \(seconds)" }
        let names = broken.isEmpty ? "not everything could be evaluated" : "broken: " + broken.joined(separator: ", ")
        return "\(evidence.scale.items) fingerprints\(design), \(names); \(seconds)"
    }
}
