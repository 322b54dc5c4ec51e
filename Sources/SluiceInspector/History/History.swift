public import SluiceCore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What a queue did, minute by minute or hour by hour.
public struct History: Sendable, Hashable {
    /// The length of a point.
    public enum Step: String, Sendable, Hashable, CaseIterable {
        /// Kept for two days.
        case minute
        /// Kept for thirty days.
        case hour

        /// The length of a point.
        public var length: Duration { self == .minute ? .seconds(60) : .seconds(3600) }
    }

    /// One minute or hour.
    public struct Point: Sendable, Hashable {
        /// The start of the point.
        public var start: Date
        /// The increments of ``QueueStatus/totals``; unchanged counters are absent.
        public var counts: [String: Int] = [:]
        /// The runs by kind. Kinds without runs are absent.
        public var kinds: [String: RunHistory] = [:]

        package init(start: Date, counts: [String: Int] = [:], kinds: [String: RunHistory] = [:]) {
            self.start = start
            self.counts = counts
            self.kinds = kinds
        }

        /// The runs of all kinds.
        public var all: RunHistory { kinds.values.reduce(into: RunHistory()) { $0.merge($1) } }
    }

    /// The kind that stands for all kinds above the bound of 50 in a point, and for jobs whose kind cannot be read.
    public static let other = "*"

    /// The name of the queue.
    public var queue: QueueName
    /// The length of a point.
    public var step: Step
    /// All points of the span, the oldest first, also empty ones. The last one may be under way.
    public var points: [Point]
    /// The server's time of the reply.
    public var time: Date

    /// The runs of all points, by kind.
    public var total: [String: RunHistory] {
        points.reduce(into: [:]) { total, point in
            for (kind, runs) in point.kinds { total[kind, default: RunHistory()].merge(runs) }
        }
    }

    /// The runs of all points and kinds.
    public var all: RunHistory { points.reduce(into: RunHistory()) { $0.merge($1.all) } }

    /// The sum of a counter over all points.
    public func count(_ name: String) -> Int { points.reduce(0) { $0 + $1.counts[name, default: 0] } }
}
