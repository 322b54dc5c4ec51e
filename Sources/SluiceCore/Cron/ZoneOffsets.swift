package import Foundation
import Synchronization

/// The clock changes of a zone from 1970 to 2100. Computed once for each zone of a process: asking Foundation at each tick would
/// cost more than everything else.
package struct ZoneOffsets: Sendable {
    /// A span of time in which the zone has one offset, in seconds ahead of UTC.
    struct Span: Sendable {
        var start: Int
        var end: Int
        var offset: Int
    }

    /// Seconds since 1970 at which 2100 begins.
    static let end = 4_102_444_800

    let spans: [Span]

    private static let known = Mutex<[String: ZoneOffsets]>([:])
    /// The most zones that are kept: requests over HTTP name them.
    private static let most = 1000

    package static func of(_ zone: TimeZone) -> ZoneOffsets {
        if let found = known.withLock({ $0[zone.identifier] }) { return found }
        let made = ZoneOffsets(zone)
        known.withLock { known in
            if known.count >= most { known.removeAll() }
            known[zone.identifier] = made
        }
        return made
    }

    /// No zone has changed its clocks twice within a week.
    private static let step = 7 * 86_400

    private init(_ zone: TimeZone) {
        func offset(_ time: Int) -> Int { zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time))) }
        var spans: [Span] = []
        var current = Span(start: 0, end: Self.end, offset: offset(0))
        var low = 0
        while low < Self.end {
            let high = min(low + Self.step, Self.end)
            if offset(high) != current.offset {
                var (before, after) = (low, high)
                while after - before > 1 {
                    let middle = (before + after) / 2
                    if offset(middle) == current.offset { before = middle } else { after = middle }
                }
                spans.append(Span(start: current.start, end: after, offset: current.offset))
                current = Span(start: after, end: Self.end, offset: offset(after))
            }
            low = high
        }
        self.spans = spans + [current]
    }

    /// The position of the span that contains `time`.
    func index(at time: Int) -> Int {
        var (low, high) = (0, spans.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if spans[middle].start <= time { low = middle } else { high = middle - 1 }
        }
        return low
    }

    package func offset(at time: Int) -> Int { spans[index(at: time)].offset }
}
