import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The fields of an entry of the log. An action has two: its start, and its outcome, which names the start.
enum ActionField {
    static let author = "actor"
    static let channel = "via"
    static let place = "from"
    static let verb = "do"
    static let queue = "queue"
    static let target = "on"
    static let reason = "why"
    /// The position of the start; only an outcome has it.
    static let start = "of"
    static let changed = "changed"
    static let skipped = "skipped"
    static let error = "error"
}

extension Action {
    /// Reads the start of an action; nil for an outcome, and for an entry that makes no sense.
    init?(_ entry: ActionEntry) {
        guard let verb = entry.fields[ActionField.verb] else { return nil }
        id = entry.position
        time = Date(milliseconds: entry.time)
        author = Operator(
            entry.fields[ActionField.author] ?? "",
            via: entry.fields[ActionField.channel].flatMap(Operator.Channel.init(rawValue:)) ?? .program,
            from: entry.fields[ActionField.place] ?? "")
        self.verb = Verb(rawValue: verb)
        queue = entry.fields[ActionField.queue].flatMap { try? QueueName($0) }
        target = entry.fields[ActionField.target] ?? ""
        reason = entry.fields[ActionField.reason] ?? ""
    }

    /// The fields of a start.
    static func fields(
        _ author: Operator, _ verb: Verb, _ target: String, _ queue: QueueName?, reason: String
    ) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = [
            (ActionField.author, bounded(author.name, 128)), (ActionField.channel, author.channel.rawValue),
            (ActionField.place, bounded(author.place, 128)), (ActionField.verb, bounded(verb.rawValue, 64)),
        ]
        if let queue { fields.append((ActionField.queue, bounded(queue.text, 64))) }
        if !target.isEmpty { fields.append((ActionField.target, bounded(target, 500))) }
        if !reason.isEmpty { fields.append((ActionField.reason, bounded(reason, 500))) }
        return fields
    }

    /// A text of at most this number of bytes, whole characters of it; the last one then marks the cut.
    static func bounded(_ text: String, _ most: Int) -> String {
        if text.utf8.count <= most { return text }
        var size = 3
        let kept = text.unicodeScalars.prefix { scalar in
            size += scalar.utf8.count
            return size <= most
        }
        return String(kept) + "…"
    }
}

extension Action.Outcome {
    /// Reads an outcome, and the position of the start that it belongs to; nil for a start.
    static func read(_ entry: ActionEntry) -> (start: String, outcome: Action.Outcome)? {
        guard let start = entry.fields[ActionField.start] else { return nil }
        func number(_ name: String) -> Int { entry.fields[name].flatMap { Int($0) } ?? 0 }
        let tally = Action.Tally(changed: number(ActionField.changed), skipped: number(ActionField.skipped))
        let outcome = Action.Outcome(
            time: Date(milliseconds: entry.time), tally: tally, error: entry.fields[ActionField.error])
        return (start, outcome)
    }

    /// The fields of an outcome.
    static func fields(
        of start: String, _ tally: Action.Tally, _ error: SluiceError?
    ) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = [
            (ActionField.start, start), (ActionField.changed, "\(tally.changed)"),
            (ActionField.skipped, "\(tally.skipped)"),
        ]
        if let error { fields.append((ActionField.error, Action.bounded(error.message, 500))) }
        return fields
    }
}
