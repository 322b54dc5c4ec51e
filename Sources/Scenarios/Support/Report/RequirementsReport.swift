/// What people and scripts read at the end of a run: a table of requirements, and a conclusion.
package struct RequirementsReport {
    package typealias Check = (name: String, text: String, verdict: Verdict)

    private let checks: [Check]
    private let faults: [String]
    private let subject: String
    private let load: String
    private let asOriginal: Bool
    private let elapsed: Duration

    /// - Parameters:
    ///   - faults: what is wrong beside the requirements.
    ///   - subject: what was run, such as `500 orders`.
    ///   - load: how much was done, on a line of its own.
    package init(
        _ checks: [Check], faults: [String] = [], subject: String, load: String, asOriginal: Bool, elapsed: Duration
    ) {
        self.checks = checks
        self.faults = faults
        self.subject = subject
        self.load = load
        self.asOriginal = asOriginal
        self.elapsed = elapsed
    }

    /// Whether each requirement was looked at, and holds, and nothing else is wrong.
    package var isGood: Bool {
        faults.isEmpty && checks.allSatisfy { if case .holds = $0.verdict { true } else { false } }
    }

    package var lines: [String] {
        TextTable.findings(checks) + faults.prefix(5).map { "FAIL \($0)" } + ["", load, conclusion]
    }

    private var conclusion: String {
        let design = asOriginal ? " under the original's design" : ""
        let broken = checks.filter(\.verdict.isBroken).map(\.name)
        let seconds = "\(Double(elapsed.microseconds / 100_000) / 10) s"
        if isGood { return "\(subject), all requirements hold\(design); \(seconds)" }
        let names = broken.isEmpty ? "not everything could be evaluated" : "broken: " + broken.joined(separator: ", ")
        return "\(subject)\(design), \(names); \(seconds)"
    }
}
