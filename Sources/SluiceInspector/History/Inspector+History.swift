public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension Inspector {
    /// Returns what a queue counted up to now. Minutes are kept for two days, hours for thirty.
    ///
    /// It makes one call for the time, and one for every 360 points. If you have the status of the queue, use
    /// ``history(upTo:kind:by:last:)``.
    /// - Parameters:
    ///   - queue: The queue. An unused queue has empty points.
    ///   - kind: The kind whose runs are read; nil for all. The counters are those of the queue in any case.
    ///   - step: The length of a point.
    ///   - last: How far back to read; at least one point, at most what is kept.
    /// - Throws: `invalidArgument` for an invalid name; a server error if Redis cannot be used.
    public func history(
        of queue: QueueName, kind: String? = nil, by step: History.Step = .minute, last: Duration
    ) async throws(SluiceError) -> History {
        // The clock of the queue, which tests move.
        try await history(upTo: status(of: queue), kind: kind, by: step, last: last)
    }

    /// Returns what a queue counted up to the time of a status that was just read.
    ///
    /// It makes one call for every 360 points.
    /// - Parameters:
    ///   - status: The status of the queue. An unused queue has empty points.
    ///   - kind: The kind whose runs are read; nil for all. The counters are those of the queue in any case.
    ///   - step: The length of a point.
    ///   - last: How far back to read; at least one point, at most what is kept.
    /// - Throws: a server error if Redis cannot be used.
    public func history(
        upTo status: QueueStatus, kind: String? = nil, by step: History.Step = .minute, last: Duration
    ) async throws(SluiceError) -> History {
        let now = status.time.milliseconds
        let spans = min(max((last.milliseconds + step.ms - 1) / step.ms, 1), step.kept)
        return try await history(of: status.queue, kind, step, now / step.ms - spans + 1...now / step.ms, now)
    }

    /// Returns what a queue counted from the point of one time to that of another. At most what is kept is read, from the end back.
    ///
    /// It makes one call for the time, and one for every 360 points.
    /// - Parameters:
    ///   - queue: The queue. An unused queue has empty points.
    ///   - kind: The kind whose runs are read; nil for all.
    ///   - step: The length of a point.
    ///   - from: A time in the first point.
    ///   - to: A time in the last point.
    /// - Throws: `invalidArgument` if the end comes before the start; a server error if Redis cannot be used.
    public func history(
        of queue: QueueName, kind: String? = nil, by step: History.Step = .minute, from: Date, to: Date
    ) async throws(SluiceError) -> History {
        try await history(of: queue, kind, step, Self.spans(from, to, step), status(of: queue).time.milliseconds)
    }

    /// The same at a known time.
    package func history(
        upTo status: QueueStatus, kind: String?, by step: History.Step, from: Date, to: Date
    ) async throws(SluiceError) -> History {
        try await history(of: status.queue, kind, step, Self.spans(from, to, step), status.time.milliseconds)
    }

    /// The points from one time to another, of those that are kept.
    private static func spans(_ from: Date, _ to: Date, _ step: History.Step) throws(SluiceError) -> ClosedRange<Int> {
        guard from <= to, from.timeIntervalSince1970 >= 0, to.timeIntervalSince1970 < 1e11 else {
            throw SluiceError(.invalidArgument, "a history goes from one time to a later one")
        }
        let last = to.milliseconds / step.ms
        return max(from.milliseconds / step.ms, last - step.kept + 1, 0)...last
    }

    func history(
        of queue: QueueName, _ kind: String?, _ step: History.Step, _ spans: ClosedRange<Int>, _ now: Int
    ) async throws(SluiceError) -> History {
        var points = spans.map { History.Point(start: Date(milliseconds: $0 * step.ms)) }
        for first in stride(from: spans.lowerBound, through: spans.upperBound, by: Self.page) {
            let part = first...min(first + Self.page - 1, spans.upperBound)
            for row in try await store.call(HistoryRows(part, byHour: step == .hour, kind: kind), on: queue) {
                let index = row.span - spans.lowerBound
                guard points.indices.contains(index) else { continue }
                points[index].counts.merge(row.counts, uniquingKeysWith: +)
                for (kind, text) in row.runs { points[index].kinds[kind, default: RunHistory()].merge(RunHistory(packed: text)) }
            }
        }
        return History(queue: queue, step: step, points: points, time: Date(milliseconds: now))
    }

    /// Points of one call: they take Redis a few milliseconds.
    private static let page = 360
}

extension History.Step {
    var ms: Int { self == .minute ? 60_000 : 3_600_000 }

    /// The number of points that are kept.
    fileprivate var kept: Int { self == .minute ? 2 * 1440 : 30 * 24 }
}
