import Foundation
import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Formats limits for people.
enum LimitsText {
    /// Whether there is nothing to show.
    static func isEmpty(_ limits: QueueLimits) -> Bool {
        limits.declared.isEmpty && limits.overrides.isEmpty && limits.gates.isEmpty
    }

    /// The value of a limit in the notation of the command line: `12`, `40/10s`, `5/30s/20s`.
    static func value(_ setting: QueueLimits.Setting) -> String { setting.notation }

    /// `rate/host 40/10s`.
    static func setting(_ setting: QueueLimits.Setting) -> String { "\(setting.name) \(value(setting))" }

    /// All limits and gates, queue by queue.
    static func lines(_ queues: [QueueLimits], width: Int? = nil, style: Style = .plain) -> [String] {
        var lines: [String] = []
        for limits in queues {
            if !lines.isEmpty { lines.append("") }
            lines.append(heading(limits, style))
            let settings = settings(limits)
            if !settings.isEmpty { lines += settings.lines(width: width, style: style) }
            let gates = gates(limits)
            if !gates.isEmpty { lines += [""] + gates.lines(width: width, style: style) }
        }
        return lines
    }

    private static func heading(_ limits: QueueLimits, _ style: Style) -> String {
        let has = limits.declared.isEmpty && limits.overrides.isEmpty ? ", no limits" : ", deploy \(limits.deploy)"
        let counts = limits.isMigrating ? ", a new limit takes effect once what runs is counted" : ""
        return style.paint(limits.queue.text, .bold) + ": \(HumanText.number(limits.running)) running\(has)\(counts)"
    }

    /// One line per declared or overridden limit.
    static func settings(_ limits: QueueLimits) -> Table {
        var table = Table([.elastic("LIMIT"), .text("DECLARED"), .text("OVERRIDE"), .text("ENDS"), .text("EFFECTIVE")])
        let declared = Dictionary(limits.declared.map { ($0.name, $0) }) { $1 }
        let overrides = Dictionary(limits.overrides.map { ($0.setting.name, $0) }) { $1 }
        for name in Set(declared.keys).union(overrides.keys).sorted() {
            let override = overrides[name]
            let standing =
                limits.effective(name).map { QueueLimits.Setting(name: name, value: $0) } ?? override?.setting ?? declared[name]
            let ends = override.map { $0.until.map { HumanText.age($0, at: limits.time) } ?? "when cleared" }
            table.append([
                name, declared[name].map(value) ?? "-", override.map { value($0.setting) } ?? "-", ends ?? "-",
                standing.map(value) ?? "none",
            ])
        }
        return table
    }

    /// One line per gate, the queue's own first.
    static func gates(_ limits: QueueLimits) -> Table {
        var table = Table([
            .elastic("GATE"), .number("RUNNING"), .number("LANES WAITING"), .number("RATE"), .number("NEXT"), .text("BREAKER"),
        ])
        if let own = ownGate(limits) { table.append(own) }
        for gate in limits.gates {
            let places = gate.concurrency.map { "/\(HumanText.number($0))" } ?? ""
            table.append([
                gate.gate, HumanText.number(gate.running) + places, HumanText.number(gate.lanesWaiting),
                gate.rate.map { "\(HumanText.number($0.used))/\(HumanText.number($0.allowance))" } ?? "-",
                gate.rate.map { next($0.next) } ?? "-", gate.breaker.map { breaker($0.state, $0.until, limits) } ?? "-",
            ])
        }
        return table
    }

    /// The gate of the whole queue, if it is limited and not in the list.
    private static func ownGate(_ limits: QueueLimits) -> [String]? {
        let places = limits.effective("concurrency").flatMap { Int($0) }
        guard places != nil || limits.nextStart != nil, !limits.gates.contains(where: { $0.gate == "*" }) else { return nil }
        return [
            "*", HumanText.number(limits.running) + (places.map { "/\(HumanText.number($0))" } ?? ""), "-", "-",
            limits.nextStart.map(next) ?? "-", "-",
        ]
    }

    private static func next(_ wait: Duration) -> String { wait <= .zero ? "now" : HumanText.duration(wait) }

    private static func breaker(_ state: BreakerState, _ until: Date?, _ limits: QueueLimits) -> String {
        let end = until.flatMap { $0 > limits.time ? ", \(HumanText.duration($0.age(at: limits.time)))" : nil }
        return state == .halfOpen ? "half open" : state.rawValue + (state == .open ? end ?? "" : "")
    }
}
