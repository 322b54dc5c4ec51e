import CoreMetrics
import Synchronization

/// A counter of whole numbers and parts.
final class CounterSeries: Series, CounterHandler, FloatingPointCounterHandler {
    static let type = SeriesType.counter
    let id: SeriesID
    /// Beyond 2^64 it starts at 0, which Prometheus takes for a restart.
    private let whole = Atomic<UInt64>(0)
    private let parts = Atomic<Double>(0)

    init(_ id: SeriesID) { self.id = id }

    /// A counter never falls: an amount below 0 is ignored.
    func increment(by amount: Int64) {
        if amount > 0 { whole.wrappingAdd(UInt64(amount), ordering: .relaxed) }
    }

    /// A counter never falls: an amount below 0, and one that is no number, is ignored.
    func increment(by amount: Double) {
        if amount > 0, amount.isFinite { parts.update { $0 + amount } }
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        parts.store(0, ordering: .relaxed)
    }

    func write(to page: inout TextPage) {
        let (whole, parts) = (whole.load(ordering: .relaxed), parts.load(ordering: .relaxed))
        page.sample(id.name, id.labels, parts == 0 ? "\(whole)" : TextPage.number(Double(whole) + parts))
    }
}

/// A value that goes up and down.
final class GaugeSeries: Series, MeterHandler, RecorderHandler {
    static let type = SeriesType.gauge
    let id: SeriesID
    private let value = Atomic<Double>(0)

    init(_ id: SeriesID) { self.id = id }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.store(value, ordering: .relaxed) }
    func increment(by amount: Double) { value.update { $0 + amount } }
    func decrement(by amount: Double) { value.update { $0 - amount } }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }

    func write(to page: inout TextPage) {
        page.sample(id.name, id.labels, TextPage.number(value.load(ordering: .relaxed)))
    }
}

extension Atomic<Double> {
    /// Replaces the value by a function of it.
    fileprivate borrowing func update(_ change: (Double) -> Double) {
        var old = load(ordering: .relaxed)
        while true {
            let (isDone, now) = weakCompareExchange(expected: old, desired: change(old), ordering: .relaxed)
            if isDone { return }
            old = now
        }
    }
}
