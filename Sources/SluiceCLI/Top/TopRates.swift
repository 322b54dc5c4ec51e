import SluiceCore
import SluiceInspector

/// What happened in each queue within about a minute, from counters that only rise.
struct TopRates: Sendable {
    /// Counts, or counts a minute.
    struct Minute: Sendable, Equatable {
        /// Enqueued jobs.
        var into = 0.0
        /// Completed jobs.
        var out = 0.0
        /// Failed attempts: those that are tried again, and discarded jobs.
        var failed = 0.0
    }

    private struct Sample: Sendable {
        /// In ms by the server's clock.
        var time: Int
        var counts: Minute
    }

    /// The time that rates are for, in ms.
    private static let window = 60_000

    private var samples: [QueueName: [Sample]] = [:]

    /// Whether a queue was seen before.
    func knows(_ queue: QueueName) -> Bool { samples[queue] != nil }

    /// Takes the counters of a queue now. A queue that is new also needs those of its last two minutes, by which it has a rate at
    /// once.
    mutating func add(_ status: QueueStatus, history: [Int: [String: Int]] = [:]) {
        let now = Sample(time: status.time.milliseconds, counts: Minute(totals: status.totals))
        var known = samples[status.queue] ?? []
        if known.isEmpty, !history.isEmpty {
            let minute = now.time / 60_000 - 1
            var before = now.counts
            for counts in history where counts.key >= minute { before -= Minute(totals: counts.value) }
            known.append(Sample(time: minute * 60_000, counts: before))
        }
        known.append(now)
        // The first one that is kept is the last one that is a whole window old.
        while known.count > 2, now.time - known[1].time >= Self.window { known.removeFirst() }
        samples[status.queue] = known
    }

    /// Forgets queues that are not looked at any more.
    mutating func keep(_ queues: [QueueName]) {
        let kept = Set(queues)
        samples = samples.filter { kept.contains($0.key) }
    }

    /// What happens in a queue a minute; nil after a first look without a history.
    func minute(of queue: QueueName) -> Minute? {
        guard let known = samples[queue], let first = known.first, let last = known.last, last.time > first.time else {
            return nil
        }
        let part = Double(Self.window) / Double(last.time - first.time)
        let counts = last.counts - first.counts
        return Minute(into: counts.into * part, out: counts.out * part, failed: counts.failed * part)
    }
}

extension TopRates.Minute {
    init(totals: [String: Int]) {
        into = Double(totals["enqueued", default: 0])
        out = Double(totals["completed", default: 0])
        failed = Double(totals["retried", default: 0] + totals["discarded", default: 0])
    }

    static func - (left: Self, right: Self) -> Self {
        Self(into: left.into - right.into, out: left.out - right.out, failed: left.failed - right.failed)
    }

    static func -= (left: inout Self, right: Self) { left = left - right }
}
