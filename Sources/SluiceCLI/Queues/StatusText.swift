import Foundation
import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Formats the numbers of queues for people.
enum StatusText {
    /// One line per queue. A paused queue is marked at the end; suspended jobs have a column if there are any.
    /// - Parameter nodes: the node of each queue, which have a column in a cluster; empty for a single server.
    static func table(_ statuses: [QueueStatus], nodes: [QueueName: String] = [:]) -> Table {
        let arePaused = statuses.contains { $0.pause != nil }
        let areSuspended = statuses.contains { $0.states[.suspended, default: 0] > 0 }
        var table = table(showing: columns(suspended: areSuspended), nodes: !nodes.isEmpty, paused: arePaused)
        for status in statuses { table.append(row(status, columns(suspended: areSuspended), nodes)) }
        return table
    }

    /// The states that have a column.
    static func columns(suspended: Bool) -> [JobState] {
        [.available, .executing, .scheduled, .retryable] + (suspended ? [.suspended] : []) + [.discarded]
    }

    /// A table without rows.
    static func table(showing states: [JobState], nodes: Bool = false, paused: Bool) -> Table {
        Table(
            [.text("QUEUE")] + states.map { .number($0.rawValue.uppercased()) } + [.number("OLDEST"), .number("WORKERS")]
                + (nodes ? [.text("NODE")] : []) + (paused ? [.elastic("PAUSED")] : []))
    }

    static func row(_ status: QueueStatus, _ states: [JobState], _ nodes: [QueueName: String] = [:]) -> [String] {
        let counts = states.map { HumanText.number(status.states[$0, default: 0]) }
        let node = nodes.isEmpty ? [] : [nodes[status.queue] ?? "-"]
        return [status.queue.text] + counts + [oldest(status), HumanText.number(status.workers)] + node + [pause(status)]
    }

    private static func oldest(_ status: QueueStatus) -> String {
        status.states[.available, default: 0] == 0 ? "-" : HumanText.duration(status.oldestAvailable)
    }

    private static func pause(_ status: QueueStatus) -> String {
        guard let pause = status.pause else { return "" }
        return HumanText.age(pause.since, at: status.time) + (pause.reason.isEmpty ? "" : ": \(pause.reason)")
    }

    /// All numbers of one queue.
    static func card(_ status: QueueStatus, node: String? = nil, style: Style = .plain) -> [String] {
        var lines = [style.paint(status.queue.text, .bold)]
        if let node { lines.append("  on node \(node)") }
        if status.pause != nil { lines.append(style.paint("  paused \(HumanText.visible(pause(status)))", .yellow)) }
        if let most = status.depthLimit {
            let text = "  \(HumanText.number(status.waiting)) of \(HumanText.number(most)) jobs wait that may"
            lines.append(status.waiting < most ? text : style.paint(text + ": full", .yellow))
        }
        let width = status.states.values.reduce(1) { max($0, HumanText.number($1).count) }
        for state in JobState.counted {
            let count = HumanText.number(status.states[state, default: 0])
            let name = state.rawValue.padding(toLength: 11, withPad: " ", startingAt: 0)
            let padding = String(repeating: " ", count: width - count.count)
            let remark = remark(state, status)
            lines.append("  \(name) \(padding)\(count)" + (remark.isEmpty ? "" : "   " + style.paint(remark, .dim)))
        }
        let totals = status.totals.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        if !totals.isEmpty {
            lines.append(
                "  total       " + totals.map { "\(HumanText.number($0.value)) \($0.key)" }.joined(separator: ", "))
        }
        return lines
    }

    /// One line about overrides and unavailable dependencies of a queue; nil if there are none.
    static func note(_ restrictions: Restrictions, _ status: QueueStatus) -> String? {
        if restrictions.isEmpty { return nil }
        let overrides = restrictions.overrides.map { override in
            let end = override.until.map { "for \(HumanText.duration(max(status.time.age(at: $0), .zero)))" } ?? "until cleared"
            return "\(LimitsText.setting(override.setting)) \(end)"
        }
        let unavailable = restrictions.unavailable.map { one -> String in
            if let since = one.offSince { return "\(one.name) switched off \(HumanText.age(since, at: status.time))" }
            return "the breaker of \(one.name) is \(one.breaker == .halfOpen ? "half open" : "open")"
        }
        let parts = (overrides.isEmpty ? [] : ["overridden: " + overrides.joined(separator: ", ")]) + unavailable
        return HumanText.visible("\(status.queue): " + parts.joined(separator: "; "))
    }

    private static func remark(_ state: JobState, _ status: QueueStatus) -> String {
        switch state {
        case .available:
            let lanes = status.lanes > 1 ? ", in \(HumanText.count(status.lanes, "lane"))" : ""
            return status.states[state, default: 0] == 0 ? "" : "oldest \(oldest(status))\(lanes)"
        case .executing: return "on \(HumanText.count(status.workers, "worker"))"
        case .completed, .cancelled, .discarded:
            guard let bounds = status.retention[state] else { return "" }
            return "kept: \(HumanText.number(bounds.count)) at most, for \(HumanText.duration(bounds.age))"
        case .scheduled, .retryable, .suspended: return ""
        }
    }
}
