import CoreMetrics
import Synchronization

/// A distribution in fixed buckets.
final class HistogramSeries: Series, RecorderHandler, TimerHandler {
    static let type = SeriesType.histogram

    private struct State {
        /// Not cumulated. The last one has no bound.
        var counts: [UInt64]
        var sum = 0.0
    }

    let id: SeriesID
    private let bounds: [Double]
    /// One lock, so that sum, count and buckets always fit together.
    private let state: Mutex<State>

    /// - Parameter bounds: as ``bounds(_:)`` returns them.
    init(_ id: SeriesID, bounds: [Double]) {
        self.id = id
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    /// Upper bounds in order, each once. Infinity is left out: the last bucket has no bound anyway.
    static func bounds(_ wanted: [Double]) -> [Double] { Set(wanted.filter(\.isFinite)).sorted() }

    func record(_ value: Int64) { record(Double(value)) }

    /// Records a value; what is no number is ignored.
    func record(_ value: Double) {
        if value.isNaN { return }
        // A bucket holds the values up to its bound, the bound itself included.
        let place = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[place] &+= 1
            state.sum += value
        }
    }

    /// Records a time. A clock that was set back does not count as a negative one.
    func recordNanoseconds(_ duration: Int64) { record(Double(max(duration, 0)) / 1e9) }

    func write(to page: inout TextPage) {
        let state = state.withLock { $0 }
        let prefix = id.labels.isEmpty ? "" : id.labels + ","
        var count: UInt64 = 0
        for (bound, own) in zip(bounds + [.infinity], state.counts) {
            count &+= own
            page.sample("\(id.name)_bucket", "\(prefix)le=\"\(TextPage.number(bound))\"", "\(count)")
        }
        page.sample("\(id.name)_sum", id.labels, TextPage.number(state.sum))
        page.sample("\(id.name)_count", id.labels, "\(count)")
    }
}
