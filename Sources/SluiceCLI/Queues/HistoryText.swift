import Foundation
import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Formats a history for people.
enum HistoryText {
    /// Whether nothing ran.
    static func isEmpty(_ history: History) -> Bool { history.points.allSatisfy { $0.kinds.isEmpty } }

    /// A table by time, then one by kind. Points in which nothing ran are left out.
    static func lines(_ history: History, width: Int? = nil, style: Style = .plain) -> [String] {
        var points = table([.text("TIME (UTC)"), .number("ENQUEUED")])
        for point in history.points where !point.kinds.isEmpty {
            let enqueued = HumanText.number(point.counts["enqueued", default: 0])
            points.append([time(point.start), enqueued] + cells(point.all))
        }
        var kinds = table([.elastic("KIND")])
        let total = history.total.sorted { ($0.value.runs, $1.key) > ($1.value.runs, $0.key) }
        for (kind, runs) in total { kinds.append([kind] + cells(runs)) }
        if total.count > 1 { kinds.append(["all"] + cells(history.all)) }
        return points.lines(width: width, style: style) + [""] + kinds.lines(width: width, style: style)
    }

    private static func table(_ first: [Table.Column]) -> Table {
        let names = ["RUNS", "FAILED", "WAIT p50", "p95", "p99", "RUN p50", "p95", "p99"]
        return Table(first + names.map { .number($0) })
    }

    private static func cells(_ runs: RunHistory) -> [String] {
        let shares = [0.5, 0.95, 0.99]
        func cell(_ histogram: DurationHistogram, _ share: Double) -> String {
            histogram.quantile(share).map { $0 < .milliseconds(1) ? "<1ms" : HumanText.duration($0) } ?? "-"
        }
        return [HumanText.number(runs.runs), HumanText.number(runs.failures)] + shares.map { cell(runs.waits, $0) }
            + shares.map { cell(runs.durations, $0) }
    }

    /// `11-30 21:50`.
    private static func time(_ date: Date) -> String {
        String(date.rfc3339.dropFirst(5).prefix(11)).replacingOccurrences(of: "T", with: " ")
    }
}
