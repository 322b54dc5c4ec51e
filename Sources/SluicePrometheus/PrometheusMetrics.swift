public import CoreMetrics
import Synchronization

/// A backend of swift-metrics that keeps all values in memory, and writes them in the text format of Prometheus, version 0.0.4.
///
/// Its memory is bounded: by the names, by the series of a name, and by the length of names and label values. What goes beyond is
/// dropped and counted as `sluice_metrics_dropped_total`. Recording a value takes no lock that two series share.
///
/// ```swift
/// let metrics = PrometheusMetrics()
/// MetricsSystem.bootstrap(metrics)
/// let page = metrics.text()
/// ```
///
/// Names become those that Prometheus asks for: `http.requests`, a counter, is exported as `http_requests_total`, and the timer
/// `loadTime` as the histogram `load_time_seconds`. Meters and gauges are gauges, recorders are histograms.
public final class PrometheusMetrics: MetricsFactory {
    /// The bounds and buckets of a ``PrometheusMetrics``.
    public struct Options: Sendable {
        /// The upper bounds of the buckets of timers, in seconds. A last bucket without a bound is added.
        public var timerBuckets: [Double] = [
            0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600,
        ]
        /// The upper bounds of the buckets of recorders. A last bucket without a bound is added.
        public var recorderBuckets: [Double] = [
            1, 5, 10, 50, 100, 500, 1000, 5000, 10_000, 50_000, 100_000, 500_000, 1_000_000,
        ]
        /// The most names.
        public var maxNames = 1000
        /// The most series of one name: combinations of label values.
        public var maxSeries = 1000
        /// Explanations, by exported name. A name without one is explained by its label.
        public var help = PrometheusMetrics.sluiceHelp

        /// The default options.
        public init() {}
    }

    /// The content type of ``text()``.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private let timerBuckets: [Double]
    private let recorderBuckets: [Double]
    private let registry: Mutex<Registry>

    /// Makes a backend without values.
    public init(_ options: Options = Options()) {
        timerBuckets = HistogramSeries.bounds(options.timerBuckets)
        recorderBuckets = HistogramSeries.bounds(options.recorderBuckets)
        registry = Mutex(Registry(maxNames: options.maxNames, maxSeries: options.maxSeries, help: options.help))
    }

    /// All values now, for an answer with ``contentType``. Names and series come in a fixed order.
    public func text() -> String {
        // The lock is held for a copy only; a value that changes meanwhile is told as it was or as it is.
        let registry = registry.withLock { $0 }
        return registry.text()
    }

    /// Makes a counter, or finds it. A name without `_total` gets it.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// Makes a counter, or finds it. A counter may count whole numbers as well as parts.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// Makes a gauge, or finds it.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    /// Makes a histogram with the buckets of recorders, or without aggregation a gauge; or finds it.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if !aggregate { return gauge(label, dimensions) ?? NOOPMetricsHandler.instance }
        let id = SeriesID(name: PrometheusName.plain(label), dimensions)
        return series(id, label) { HistogramSeries($0, bounds: recorderBuckets) } ?? NOOPMetricsHandler.instance
    }

    /// Makes a histogram of seconds, or finds it. A name without `_seconds` gets it, in place of another unit of time.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let id = SeriesID(name: PrometheusName.seconds(label), dimensions)
        return series(id, label) { HistogramSeries($0, bounds: timerBuckets) } ?? NOOPMetricsHandler.instance
    }

    /// Removes the series, once it was destroyed as often as it was made.
    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    /// Removes the series, once it was destroyed as often as it was made.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    /// Removes the series, once it was destroyed as often as it was made.
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    /// Removes the series, once it was destroyed as often as it was made.
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    /// Removes the series, once it was destroyed as often as it was made.
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterSeries? {
        series(SeriesID(name: PrometheusName.total(label), dimensions), label) { CounterSeries($0) }
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries? {
        series(SeriesID(name: PrometheusName.plain(label), dimensions), label) { GaugeSeries($0) }
    }

    private func series<S: Series>(_ id: SeriesID, _ label: String, _ make: (SeriesID) -> S) -> S? {
        registry.withLock { $0.series(id, label: label, make) }
    }

    private func remove(_ handler: AnyObject) {
        if let series = handler as? any Series { registry.withLock { $0.remove(series) } }
    }
}
