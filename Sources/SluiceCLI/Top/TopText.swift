import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Formats one look of `sluice top` for a file or a program.
enum TopText {
    static func lines(_ snapshot: TopSnapshot, width: Int? = nil, style: Style = .plain) -> [String] {
        if snapshot.rows.isEmpty { return ["no queue has been used so far"] }
        var table = Table(
            TopColumn.allCases.map { column in
                column == .state ? .elastic(column.rawValue) : column.isNumber ? .number(column.rawValue) : .text(column.rawValue)
            })
        for row in snapshot.rows.sorted(by: TopColumn.waiting.areInOrder) {
            table.append(TopColumn.allCases.map { $0.text(row) })
        }
        let left = snapshot.queues - snapshot.rows.count
        return table.lines(width: width, style: style)
            + (left > 0 ? ["\(HumanText.count(left, "queue")) more: name those that you want to see"] : [])
    }
}

extension TopSnapshot {
    /// The output of `sluice top --json`.
    var json: JSONValue {
        [
            "time": .string(time), "queues": .integer(queues), "rows": .array(rows.map(\.json)),
            "redis": [
                "address": .string(server.address), "namespace": .string(server.namespace),
                "version": JSONValue(server.version), "memory_bytes": JSONValue(server.memory),
                "memory_limit_bytes": JSONValue(server.memoryLimit),
                "clock_ahead_ms": .integer(Int((server.ahead.seconds * 1000).rounded())),
            ],
        ]
    }
}

extension TopRow {
    fileprivate var json: JSONValue {
        [
            "queue": .string(queue.text), "waiting": .integer(waiting), "later": .integer(later), "running": .integer(running),
            "oldest_ms": JSONValue(duration: oldest), "in_per_minute": number(rates?.into), "out_per_minute": number(rates?.out),
            "failed_per_minute": number(rates?.failed), "workers": .integer(workers), "paused": .bool(isPaused),
            "remarks": .array(remarks.map { .string($0.text) }),
        ]
    }

    private func number(_ rate: Double?) -> JSONValue { rate.map { .number($0) } ?? .null }
}
