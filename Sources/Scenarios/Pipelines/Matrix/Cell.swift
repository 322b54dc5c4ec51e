import Sluice
import SluiceWorker

/// One combination of the matrix: how outcomes are acknowledged, and which limits the queue has.
struct Cell: Sendable, Hashable, CustomStringConvertible {
    enum Limits: String, Sendable, CaseIterable {
        case none, global, partitioned, rate, all

        var title: String {
            switch self {
            case .none: "none"
            case .global: "global"
            case .partitioned: "global+partition"
            case .rate: "rate"
            case .all: "all"
            }
        }

        var hasConcurrency: Bool { self == .global || self == .partitioned || self == .all }
        var hasPartitions: Bool { self == .partitioned || self == .all }
        var hasRates: Bool { self == .rate || self == .all }
    }

    var ack: Queue.AckMode
    var limits: Limits

    var description: String { "\(ack.rawValue), \(limits.title)" }

    /// What workers of the queue `work` declare.
    func declared(_ scale: Scale) -> [Limit] {
        var found: [Limit] = []
        if limits.hasConcurrency { found.append(.concurrency(scale.global)) }
        if limits.hasPartitions { found.append(.concurrency(scale.perAccount, partition: "account")) }
        if limits.hasRates {
            found.append(.rate(scale.rate, per: Scale.period))
            found.append(.rate(scale.accountRate, per: Scale.period, partition: "account"))
        }
        return found
    }

    /// What workers of the queue `serial` declare: one at a time wherever there are limits on concurrency.
    var declaredSerial: [Limit] { limits.hasConcurrency ? [.concurrency(1)] : [] }

    /// The whole matrix.
    static let all = Queue.AckMode.allCases.flatMap { ack in Limits.allCases.map { Cell(ack: ack, limits: $0) } }

    /// Each mode and each kind of limits, once at least.
    static let some = [
        Cell(ack: .batched, limits: .none), Cell(ack: .batched, limits: .global), Cell(ack: .confirmed, limits: .global),
        Cell(ack: .batched, limits: .partitioned), Cell(ack: .confirmed, limits: .rate), Cell(ack: .confirmed, limits: .all),
    ]
}
