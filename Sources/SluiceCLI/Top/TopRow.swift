import SluiceCore
import SluiceInspector

/// One queue at one instant, as a line of `sluice top` tells it.
struct TopRow: Sendable, Equatable {
    /// A remark about the queue, and how serious it is.
    struct Remark: Sendable, Equatable {
        enum Weight: Sendable { case note, warning, trouble }

        var text: String
        var weight: Weight
    }

    var queue: QueueName
    /// Jobs that wait for a worker.
    var waiting: Int
    /// Jobs that wait for a time or for something else: scheduled, retryable, suspended.
    var later: Int
    var running: Int
    /// How long the first job has waited for a worker; nil if none waits.
    var oldest: Duration?
    /// What happened within a minute; nil if that is not known.
    var rates: TopRates.Minute?
    var workers: Int
    var isPaused: Bool
    var remarks: [Remark]

    init(_ status: QueueStatus, _ rates: TopRates.Minute?, _ limits: QueueLimits?) {
        queue = status.queue
        waiting = status.available
        later = status.scheduled + status.retryable + status.suspended
        running = status.executing
        oldest = status.available > 0 ? status.oldestAvailable : nil
        self.rates = rates
        workers = status.workers
        isPaused = status.pause != nil
        remarks = Self.remarks(status) + (limits.map(Self.remarks) ?? [])
    }

    private static func remarks(_ status: QueueStatus) -> [Remark] {
        var remarks: [Remark] = []
        if let pause = status.pause {
            let reason = pause.reason.isEmpty ? "" : ": \(pause.reason)"
            let age = HumanText.duration(max(pause.since.age(at: status.time), .zero))
            remarks.append(Remark(text: "paused \(age)\(reason)", weight: .warning))
        }
        if status.workers == 0, status.waiting + status.executing > 0 {
            remarks.append(Remark(text: "no worker", weight: .trouble))
        }
        if let most = status.depthLimit, status.waiting >= most {
            remarks.append(Remark(text: "full", weight: .trouble))
        }
        return remarks
    }

    private static func remarks(_ limits: QueueLimits) -> [Remark] {
        var remarks: [Remark] = []
        if let most = limits.effective("concurrency").flatMap({ Int($0) }), limits.running >= most {
            remarks.append(Remark(text: "limited: all \(most) places taken", weight: .note))
        }
        if let wait = limits.nextStart, wait > .zero { remarks.append(Remark(text: "limited: rate", weight: .note)) }
        for (kind, names) in gates(limits.gates) where !names.isEmpty {
            let more = names.count > 2 ? " and \(names.count - 2) more" : ""
            let text = names.prefix(2).joined(separator: ", ") + more
            remarks.append(Remark(text: "\(kind.rawValue): \(text)", weight: kind == .breaker ? .trouble : .note))
        }
        if !limits.overrides.isEmpty {
            remarks.append(Remark(text: HumanText.count(limits.overrides.count, "limit") + " overridden", weight: .note))
        }
        return remarks
    }

    private enum GateKind: String, CaseIterable {
        case breaker = "breaker open"
        case held = "waits at"
        case limited
    }

    /// The names of gates where jobs wait, and of those with an open breaker.
    private static func gates(_ gates: [GateStatus]) -> [(GateKind, [String])] {
        var names: [GateKind: [String]] = [:]
        for gate in gates {
            if let breaker = gate.breaker, breaker.state != .closed {
                names[.breaker, default: []].append(gate.gate)
            } else if gate.lanesWaiting > 0 {
                let isLimited = gate.concurrency.map { gate.running >= $0 } ?? false || gate.rate.map { $0.next > .zero } ?? false
                // What is neither limited nor broken is a dependency that is switched off.
                names[isLimited ? .limited : .held, default: []].append(gate.gate)
            }
        }
        return GateKind.allCases.map { ($0, names[$0] ?? []) }
    }
}

/// All queues at one instant.
struct TopSnapshot: Sendable, Equatable {
    struct Server: Sendable, Equatable {
        var address: String
        var namespace: String
        var version: String?
        /// Bytes in use; nil if the user may not ask.
        var memory: Int?
        /// The bytes that it may use; nil for no limit.
        var memoryLimit: Int?
        /// How far its clock is ahead of this host's.
        var ahead: Duration
    }

    var time: String
    var server: Server
    var rows: [TopRow]
    /// The number of queues, some of which may not be shown.
    var queues: Int
}
