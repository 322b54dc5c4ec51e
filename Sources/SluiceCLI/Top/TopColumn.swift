import SluiceCore
import SluiceInspector

/// The columns of `sluice top`, by which it can be sorted.
enum TopColumn: String, CaseIterable, Sendable {
    case queue = "QUEUE"
    case waiting = "WAITING"
    case later = "LATER"
    case running = "RUNNING"
    case oldest = "OLDEST"
    case into = "IN/M"
    case out = "OUT/M"
    case failed = "FAIL/M"
    case workers = "WORKERS"
    case state = "STATE"

    /// Those that a narrow terminal does without, the first of them first.
    static let dispensable: [TopColumn] = [.later, .workers, .into, .out, .failed, .oldest]

    /// Whether its cells are numbers.
    var isNumber: Bool { self != .queue && self != .state }

    func text(_ row: TopRow) -> String {
        switch self {
        case .queue: row.queue.text
        case .waiting: HumanText.number(row.waiting)
        case .later: HumanText.number(row.later)
        case .running: HumanText.number(row.running)
        case .oldest: row.oldest.map(HumanText.duration) ?? "-"
        case .into: Self.rate(row.rates?.into)
        case .out: Self.rate(row.rates?.out)
        case .failed: Self.rate(row.rates?.failed)
        case .workers: HumanText.number(row.workers)
        case .state: row.remarks.isEmpty ? "ok" : row.remarks.map { HumanText.visible($0.text) }.joined(separator: "; ")
        }
    }

    /// Below ten with one digit behind the point, so that a slow queue does not look idle.
    static func rate(_ rate: Double?) -> String {
        guard let rate else { return "-" }
        let tenths = Int((rate * 10).rounded())
        if tenths >= 100 || tenths % 10 == 0 { return HumanText.number(Int(rate.rounded())) }
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// Whether one row comes before another: large numbers and trouble first, names in order.
    func areInOrder(_ one: TopRow, _ other: TopRow) -> Bool {
        let (left, right) = (weight(one), weight(other))
        return left == right ? one.queue < other.queue : left > right
    }

    private func weight(_ row: TopRow) -> Double {
        switch self {
        case .queue: 0
        case .waiting: Double(row.waiting)
        case .later: Double(row.later)
        case .running: Double(row.running)
        case .oldest: row.oldest?.seconds ?? -1
        case .into: row.rates?.into ?? -1
        case .out: row.rates?.out ?? -1
        case .failed: row.rates?.failed ?? -1
        case .workers: Double(row.workers)
        case .state: row.remarks.reduce(0) { $0 + ($1.weight == .trouble ? 100 : $1.weight == .warning ? 10 : 1) }
        }
    }
}
