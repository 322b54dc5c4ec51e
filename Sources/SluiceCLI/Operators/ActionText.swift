import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Formats the log of actions for people.
enum ActionText {
    static func table() -> Table {
        Table([
            .text("TIME"), .text("ACTOR"), .text("VIA"), .text("ACTION"), .text("QUEUE"), .text("RESULT"),
            .elastic("WHAT AND WHY"),
        ])
    }

    /// - Parameter isUnderWay: Whether an action without an outcome was seen to begin just now.
    static func row(_ action: Action, isUnderWay: Bool = false) -> [String] {
        let time = action.time.rfc3339
        return [
            "\(time.prefix(10)) \(time.dropFirst(11).prefix(8))Z", action.author.name,
            "\(action.author.channel.rawValue) \(action.author.place)", action.verb.rawValue, action.queue?.text ?? "-",
            result(action.outcome, isUnderWay), what(action),
        ]
    }

    private static func result(_ outcome: Action.Outcome?, _ isUnderWay: Bool) -> String {
        guard let outcome else { return isUnderWay ? "started" : "no outcome recorded" }
        var words = outcome.error == nil ? [] : ["failed"]
        if outcome.error == nil || outcome.tally.changed > 0 {
            words.append("\(HumanText.number(outcome.tally.changed)) changed")
        }
        if outcome.tally.skipped > 0 { words.append("\(HumanText.number(outcome.tally.skipped)) skipped") }
        return words.joined(separator: ", ")
    }

    /// What it was done to, the error, the reason.
    private static func what(_ action: Action) -> String {
        var parts = [action.target]
        if let error = action.outcome?.error { parts.append(error) }
        if !action.reason.isEmpty { parts.append("(\(action.reason))") }
        return parts.filter { !$0.isEmpty }.joined(separator: "  ")
    }
}
