import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What all queues of a site looked like a moment ago.
struct Snapshot: Sendable {
    /// One queue.
    struct Queue: Sendable {
        var status: QueueStatus
        /// Nil if the library on the server is too old to tell.
        var restrictions: Restrictions?
        /// What it did minute by minute in the last hour, oldest first: the full minutes, and the one under way.
        var minutes: [History.Point]
        /// Whether it counted something before these minutes.
        var isOlder: Bool
    }

    var queues: [Queue] = []
    /// When the reading began.
    var begun: ContinuousClock.Instant
    /// The server's time; that of this machine if there is no queue.
    var time = Date()

    /// The queue with this name.
    func queue(_ name: QueueName) -> Queue? { queues.first { $0.status.queue == name } }

    /// A total over all queues.
    func sum(_ value: (Queue) -> Int) -> Int { queues.reduce(0) { $0 + value($1) } }
}

extension Snapshot.Queue {
    var overrides: [QueueLimits.Override] { restrictions?.overrides ?? [] }
    var unavailable: [DependencyStatus] { restrictions?.unavailable ?? [] }

    /// The increments of a counter, one value a minute, the newest last, up to the last full minute.
    func perMinute(_ names: [String], at now: Date, minutes count: Int = 60) -> [Int] {
        let current = Int(now.timeIntervalSince1970) / 60
        var values = [Int](repeating: 0, count: count)
        for minute in minutes {
            let place = Int(minute.start.timeIntervalSince1970) / 60 - current + count
            guard values.indices.contains(place) else { continue }
            values[place] += names.reduce(0) { $0 + minute.counts[$1, default: 0] }
        }
        return values
    }

    /// The place of the first minute with a count among `count` values a minute; 0 if the queue is older than that, `count` if it
    /// has counted nothing up to the last full minute.
    func firstMinute(at now: Date, minutes count: Int = 60) -> Int {
        if isOlder { return 0 }
        guard let first = minutes.first(where: { !$0.counts.isEmpty }) else { return count }
        let place = Int(first.start.timeIntervalSince1970) / 60 - Int(now.timeIntervalSince1970) / 60 + count
        return min(max(place, 0), count)
    }

    /// The runs of the last hour by kind.
    var runs: [String: RunHistory] {
        minutes.reduce(into: [:]) { total, point in
            for (kind, runs) in point.kinds { total[kind, default: RunHistory()].merge(runs) }
        }
    }

    /// The sum of counters over the last hour, this minute included.
    func lastHour(_ names: String...) -> Int {
        minutes.reduce(0) { sum, minute in sum + names.reduce(0) { $0 + minute.counts[$1, default: 0] } }
    }
}
