import Foundation
import SluiceCore
import SluiceInspector

/// Formats recurring jobs for people.
enum CronText {
    static func table(_ entries: [CronStatus]) -> Table {
        var table = Table([
            .text("NAME"), .text("QUEUE"), .text("EXPRESSION"), .text("ZONE"), .text("NEXT"), .number("RUNS"), .text("LAST"),
            .elastic("KIND"),
        ])
        for entry in entries {
            let name = entry.isDeclared ? entry.name : entry.name + " (no longer declared)"
            table.append([
                name, entry.queue.text, entry.expression, entry.zone, when(entry),
                HumanText.number(entry.runs) + (entry.limit.map { " of \(HumanText.number($0))" } ?? ""),
                entry.last?.outcome.rawValue ?? "-", entry.kind,
            ])
        }
        return table
    }

    static func table(_ ticks: [CronTick]) -> Table {
        var table = Table([.text("TICK"), .text("LATE"), .text("OUTCOME"), .elastic("JOB")])
        for tick in ticks { table.append([span(tick), late(tick), outcome(tick), tick.job?.text ?? "-"]) }
        return table
    }

    /// The schedule in plain English, as a sentence and a blank; empty where the expression says it better.
    static func fires(_ expression: String) throws(SluiceError) -> String {
        let words = try CronExpression(expression).words
        return words == expression ? "" : "It fires \(words). "
    }

    /// The time of the next tick, as a sentence.
    static func next(_ entry: CronStatus) -> String {
        if entry.pause != nil { return "It is paused." }
        guard let next = entry.next, let zone = TimeZone(identifier: entry.zone) else { return "It has no tick left." }
        return "Next: \(LocalTime.text(next, in: zone)), \(HumanText.age(next, at: entry.time))."
    }

    private static func when(_ entry: CronStatus) -> String {
        if let pause = entry.pause { return pause.reason.isEmpty ? "paused" : "paused: \(pause.reason)" }
        guard let next = entry.next, let zone = TimeZone(identifier: entry.zone) else { return "finished" }
        return "\(LocalTime.text(next, in: zone)), \(HumanText.age(next, at: entry.time))"
    }

    private static func span(_ tick: CronTick) -> String {
        let from = String(tick.tick.rfc3339.prefix(19)) + "Z"
        guard let until = tick.until, until != tick.tick else { return from }
        return "\(from) to \(String(until.rfc3339.prefix(19)))Z"
    }

    private static func late(_ tick: CronTick) -> String {
        tick.outcome == .byHand ? "-" : HumanText.duration(tick.at.age(at: tick.tick))
    }

    private static func outcome(_ tick: CronTick) -> String {
        switch tick.outcome {
        case .enqueued: "enqueued"
        case .exists: "its job was there already"
        case .skipped: "skipped: the job before had not ended"
        case .missed: "missed" + (tick.count.map { $0 > 1 ? ": \(HumanText.number($0)) ticks" : "" } ?? ": over 1,000 ticks")
        case .byHand: "by hand"
        }
    }
}
