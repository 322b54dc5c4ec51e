package import Foundation

/// The ticks of an expression in a zone, from a start to an end. All times are whole seconds since 1970.
package struct CronSchedule: Sendable {
    package let expression: CronExpression
    private let zone: ZoneOffsets
    private let start: Int?
    private let end: Int

    /// - Parameters:
    ///   - start: no tick is before it; `@every` counts from it.
    ///   - end: no tick is after it.
    package init(_ expression: CronExpression, in zone: TimeZone, start: Int? = nil, end: Int? = nil) {
        self.expression = expression
        self.zone = .of(zone)
        self.start = start
        self.end = min(end ?? .max, ZoneOffsets.end - 1)
    }

    /// The first tick after a moment.
    package func next(after time: Int) -> Int? {
        let time = max(time, (start ?? 0) - 1)
        let tick: Int? =
            switch expression.form {
            case .every(let span): nextMultiple(of: span, after: time)
            case .fields(let fields): next(after: time, fields)
            }
        guard let tick, tick <= end else { return nil }
        return tick
    }

    private func nextMultiple(of span: Int, after time: Int) -> Int {
        let anchor = start ?? 0
        return anchor + ((time - anchor).dividingDown(by: span) + 1) * span
    }

    private func next(after time: Int, _ fields: CronFields) -> Int? {
        for index in zone.index(at: max(time, 0))..<zone.spans.count {
            if zone.spans[index].start > end { return nil }
            if let tick = first(after: time, in: index, fields) { return tick }
        }
        return nil
    }

    /// The first tick in one span of constant offset.
    private func first(after time: Int, in index: Int, _ fields: CronFields) -> Int? {
        let span = zone.spans[index]
        // The first moment of the span that can be a tick, in local time.
        var least = max(time + 1, span.start) + span.offset
        if !fields.followsClock, index > 0 {
            let before = span.start + zone.spans[index - 1].offset
            let after = span.start + span.offset
            if before < after, time < span.start, fields.first(from: before.minutesUp, before: after.minutesUp) != nil {
                // A tick in the skipped time fires at its end.
                return span.start
            }
            // Local times that come a second time have fired already.
            least = max(least, before)
        }
        let local = fields.first(from: least.minutesUp, before: (span.end + span.offset).minutesUp)
        return local.map { $0 * 60 - span.offset }
    }

    /// The newest `most` ticks from `first` to `last`, oldest first, and whether there are more. `first` is a tick.
    package func newest(_ most: Int, from first: Int, through last: Int) -> (ticks: [Int], hasMore: Bool) {
        var span = most
        if case .every(let period) = expression.form { span = (most + 1) * period } else { span = (most + 1) * 60 }
        while true {
            let from = max(first, last - span)
            var ticks: [Int] = []
            var tick = next(after: from - 1)
            while let found = tick, found <= last {
                ticks.append(found)
                tick = next(after: found)
            }
            if from == first || ticks.count > most { return (Array(ticks.suffix(most)), ticks.count > most) }
            span *= 4
        }
    }

    /// The shortest time between two ticks, among the first 400 from 2025 or from the start.
    package var shortestGap: Int? {
        var shortest: Int?
        guard var last = next(after: max(1_735_689_600, start ?? 0)) else { return nil }
        for _ in 0..<400 {
            guard let tick = next(after: last) else { break }
            shortest = min(shortest ?? .max, tick - last)
            last = tick
        }
        return shortest
    }
}

extension Int {
    /// Whole minutes of seconds, rounded up.
    fileprivate var minutesUp: Int { (self + 59).dividingDown(by: 60) }
}
