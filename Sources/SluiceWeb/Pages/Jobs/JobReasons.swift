import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Why a job waits, or where it runs: the sentences of ``Explanation``. A countdown has its exact time beside it.
struct JobReasons {
    private let explanation: Explanation

    init(_ explanation: Explanation) { self.explanation = explanation }

    var html: HTML {
        let lines = zip(explanation.reasons, explanation.sentences).map { reason, sentence -> HTML in
            "<li>\(line(reason, sentence)).</li>\n"
        }
        return "<ul class=\"notes\">\n\(lines)</ul>"
    }

    private func line(_ reason: Explanation.Reason, _ sentence: String) -> HTML {
        // A name at the start of a sentence keeps its letters.
        let text =
            Self.beginsWithName(reason) ? sentence : String(sentence.prefix(1).uppercased() + sentence.dropFirst())
        guard let due = Self.due(reason) else { return "\(text)" }
        let countdown = HumanText.age(due, at: explanation.time)
        guard text.hasSuffix(countdown) else { return "\(text)" }
        return "\(String(text.dropLast(countdown.count)))\(Parts.time(due, at: explanation.time))"
    }

    private static func beginsWithName(_ reason: Explanation.Reason) -> Bool {
        ["gate_concurrency", "chain", "off"].contains(reason.code)
    }

    /// The time that a job waits for.
    private static func due(_ reason: Explanation.Reason) -> Date? {
        if case .scheduled(let due, _) = reason { return due }
        if case .suspect(let due, _) = reason { return due }
        return nil
    }
}
