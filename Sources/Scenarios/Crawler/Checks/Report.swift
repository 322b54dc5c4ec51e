import ScenarioSupport

extension RequirementsReport {
    /// The report of a crawl.
    init(_ evidence: Evidence) {
        let seconds = Double(evidence.announcing.microseconds) / 1_000_000
        let rate = seconds > 0 ? Int(Double(evidence.announcements) / seconds) : 0
        self.init(
            Requirement.allCases.map { ($0.name, $0.text, evidence.verdict(on: $0)) },
            subject: "\(evidence.scale.items) fingerprints",
            load: "\(evidence.announcements) announcements, sent at \(rate)/s; \(evidence.calls.count) calls of the API",
            asOriginal: evidence.asOriginal, elapsed: evidence.elapsed)
    }
}
