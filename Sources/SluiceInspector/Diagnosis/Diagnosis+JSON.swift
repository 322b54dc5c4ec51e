package import SluiceCore

extension Diagnosis {
    /// The output of `sluice doctor --json`.
    package var json: JSONValue {
        let findings = findings.map { finding -> JSONValue in
            [
                "severity": .string(finding.severity.rawValue), "queue": JSONValue(finding.queue?.text),
                "code": .string(finding.code), "what": .string(finding.what), "cure": .string(finding.cure),
            ]
        }
        let parts = parts.map { part -> JSONValue in
            [
                "part": .string(part.subject.description), "looked": .string(part.looked),
                "unseen": .array(part.unseen.map(JSONValue.string)),
            ]
        }
        return ["healthy": .bool(isHealthy), "findings": .array(findings), "parts": .array(parts)]
    }
}
