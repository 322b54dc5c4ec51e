import ExampleSupport

/// What people and scripts read at the end.
struct Report {
    private let evidence: Evidence
    private let verdicts: [(requirement: Requirement, verdict: Verdict)]
    /// How much of what is wrong is told, for each requirement.
    private static let most = 2

    init(_ evidence: Evidence) {
        self.evidence = evidence
        verdicts = Requirement.allCases.map { ($0, evidence.verdict(on: $0)) }
    }

    /// Whether each requirement was looked at, and holds.
    var isGood: Bool {
        verdicts.allSatisfy { if case .holds = $0.verdict { true } else { false } }
    }

    var lines: [String] {
        var rows = [["", "", "requirement, and what it was computed from"]]
        for (requirement, verdict) in verdicts {
            rows.append([requirement.name, verdict.mark, requirement.text])
            rows += basis(verdict).map { ["", "", "  " + $0] }
        }
        return TextTable.aligned(rows) + ["", load, conclusion]
    }

    private func basis(_ verdict: Verdict) -> [String] {
        switch verdict {
        case .holds(let text), .absent(let text): return [text]
        case .unknown(let why): return ["not evaluated: " + why]
        case .broken(let found):
            let more = found.count > Self.most ? ["and \(found.count - Self.most) more"] : []
            return found.prefix(Self.most).map { "FAIL " + $0 } + more
        }
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
