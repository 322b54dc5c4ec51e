import Foundation
import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Formats batches.
enum BatchText {
    static func table(_ batches: [BatchStatus]) -> Table {
        var table = Table([
            .text("BATCH"), .elastic("NAME"), .text("STATE"), .number("MEMBERS"), .number("WAITING"), .number("FAILED"),
            .number("AGE"),
        ])
        for batch in batches {
            let age = max(batch.created.age(at: Date()), .zero)
            table.append([
                batch.id.text, batch.name, batch.state.rawValue, HumanText.number(batch.total), HumanText.number(batch.pending),
                HumanText.number(batch.failed), HumanText.duration(age),
            ])
        }
        return table
    }

    /// The state and the number of members in each state.
    static func line(_ status: BatchStatus) -> String {
        let counts = [
            (status.pending, "waiting"), (status.completed, "completed"), (status.cancelled, "cancelled"),
            (status.discarded, "discarded"), (status.deleted, "deleted"),
        ]
        let parts = counts.filter { $0.0 > 0 }.map { "\(HumanText.number($0.0)) \($0.1)" }
        return "\(status.state.rawValue): \(HumanText.count(status.total, "member"))"
            + (parts.isEmpty ? "" : ", " + parts.joined(separator: ", "))
    }

    /// All data of one batch.
    static func card(_ details: BatchDetails, width: Int? = nil, style: Style = .plain) -> [String] {
        let status = details.status
        var lines = [style.paint("\(status.id)  \(HumanText.visible(status.name))", .bold), line(status)]
        if let parent = details.parent { lines.append("member of batch \(parent)") }
        if !details.callbacks.isEmpty {
            var table = Table([.text("EVENT"), .text("CALLBACK"), .text("QUEUE"), .text("KIND"), .text("JOB")])
            for one in details.callbacks {
                table.append([one.event.rawValue, one.state.rawValue, one.queue, one.kind ?? "-", one.job.text])
            }
            lines += table.lines(width: width, style: style)
        }
        if details.waiting.isEmpty { return lines }
        let rest = status.pending - details.waiting.count
        let names = details.waiting.map(\.text).joined(separator: " ")
        return lines
            + HumanText.wrapped(
                "waits for " + HumanText.visible(names) + (rest > 0 ? " and \(HumanText.number(rest)) more" : ""), to: width)
    }
}
