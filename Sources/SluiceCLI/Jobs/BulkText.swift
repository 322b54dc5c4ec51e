import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Formats bulk changes for people and for programs.
enum BulkText {
    /// The result of the change in one queue.
    struct Result: Sendable {
        var queue: QueueName
        var progress: BulkProgress
    }

    /// The preview of a change.
    struct Preview: Sendable {
        var queue: QueueName
        var progress: BulkProgress
        var groups: [ErrorGroup]
    }

    private static func participle(_ change: JobChange) -> String {
        switch change {
        case .cancel: "cancelled"
        case .retry: "made available"
        case .delete: "deleted"
        case .reschedule: "rescheduled"
        }
    }

    static func line(_ change: JobChange, _ result: Result) -> String {
        let progress = result.progress
        var parts = ["\(HumanText.number(progress.changed)) \(participle(change))"]
        if progress.cancelling > 0 { parts.append("\(HumanText.number(progress.cancelling)) running, asked to stop") }
        if progress.refused > 0 { parts.append("\(HumanText.number(progress.refused)) refused: on their way to another queue") }
        return "\(result.queue): \(parts.joined(separator: ", ")); \(HumanText.count(progress.looked, "job")) looked at"
    }

    static func lines(_ change: JobChange, _ previews: [Preview], width: Int?, style: Style) -> [String] {
        var lines: [String] = []
        for preview in previews {
            lines.append(
                "\(preview.queue): would \(change.name) \(HumanText.number(preview.progress.matched)) of "
                    + "\(HumanText.count(preview.progress.looked, "job")) looked at")
            if !preview.groups.isEmpty { lines += table(preview.groups).lines(width: width, style: style) }
        }
        return lines.isEmpty ? ["no queue was ever used"] : lines
    }

    static func table(_ groups: [ErrorGroup]) -> Table {
        var table = Table([.number("JOBS"), .text("KIND"), .elastic("LAST ERROR"), .text("FOR EXAMPLE")])
        for group in groups { table.append([HumanText.number(group.count), group.kind, group.error, group.example.text]) }
        return table
    }

    static func json(_ change: JobChange, _ results: [Result]) -> JSONValue {
        let list = results.map { $0.progress.json(queue: $0.queue) }
        return ["change": .string(change.name), "dry_run": false, "queues": .array(list)]
    }

    static func json(_ change: JobChange, _ previews: [Preview]) -> JSONValue {
        let list = previews.map { $0.progress.json(queue: $0.queue, groups: $0.groups) }
        return ["change": .string(change.name), "dry_run": true, "queues": .array(list)]
    }
}
