import CoreMetrics
import SluicePrometheus
import Testing

/// What keeps the memory bounded, and values right when many threads count.
struct BoundTests {
    private static func metrics(names: Int = 1000, series: Int = 1000) -> PrometheusMetrics {
        var options = PrometheusMetrics.Options()
        (options.maxNames, options.maxSeries) = (names, series)
        return PrometheusMetrics(options)
    }

    private static func lines(_ metrics: PrometheusMetrics, _ prefix: String) -> [String] {
        metrics.text().split(separator: "\n").map(String.init).filter { $0.hasPrefix(prefix) }
    }

    @Test func furtherSeriesAreDroppedAndCounted() {
        let metrics = Self.metrics(series: 3)
        for turn in 1...2 {
            for user in 0..<5 { Counter(label: "mails", dimensions: [("user", "\(user)")], factory: metrics).increment() }
            #expect(Self.lines(metrics, "mails_total{") == (0..<3).map { "mails_total{user=\"\($0)\"} \(turn)" })
            #expect(Self.lines(metrics, "sluice_metrics_dropped_total") == ["sluice_metrics_dropped_total \(2 * turn)"])
        }
        // Other names have series of their own.
        Gauge(label: "depth", factory: metrics).record(1)
        #expect(Self.lines(metrics, "depth") == ["depth 1"])
    }

    @Test func furtherNamesAreDroppedAndCounted() {
        let metrics = Self.metrics(names: 2)
        for name in ["a", "b", "c", "a"] { CoreMetrics.Timer(label: name, factory: metrics).recordSeconds(1) }
        #expect(
            Self.lines(metrics, "# TYPE").map { $0.split(separator: " ")[2] } == [
                "a_seconds", "b_seconds", "sluice_metrics_dropped_total",
            ])
        #expect(Self.lines(metrics, "a_seconds_count") == ["a_seconds_count 2"])
        #expect(Self.lines(metrics, "sluice_metrics_dropped_total") == ["sluice_metrics_dropped_total 1"])
    }

    @Test func aNameHasOneType() {
        let metrics = Self.metrics()
        Recorder(label: "size", factory: metrics).record(1)
        Gauge(label: "size", factory: metrics).record(2)
        // A histogram has samples of these names.
        for name in ["size_sum", "size_bucket", "size_count"] { Gauge(label: name, factory: metrics).record(3) }
        Counter(label: "sluice_metrics_dropped", factory: metrics).increment()
        #expect(Self.lines(metrics, "# TYPE size") == ["# TYPE size histogram"])
        #expect(Self.lines(metrics, "sluice_metrics_dropped_total") == ["sluice_metrics_dropped_total 5"])
    }

    @Test func longValuesAreCut() {
        let metrics = Self.metrics()
        let long = String(repeating: "é", count: 100_000)
        let labels = (0..<1000).map { ("label\($0)", long) }
        Gauge(label: long, dimensions: labels, factory: metrics).record(1)
        #expect(metrics.text().utf8.count < 20_000)
        Gauge(label: "x", dimensions: [("v", String(repeating: "a", count: 256))], factory: metrics).record(1)
        #expect(Self.lines(metrics, "x{") == ["x{v=\"\(String(repeating: "a", count: 256))\"} 1"])
    }

    @Test func aSeriesIsGoneWhenAllWhoMadeItAreDoneWithIt() {
        let metrics = Self.metrics(names: 1, series: 1)
        let (one, two) = (Gauge(label: "depth", factory: metrics), Gauge(label: "depth", factory: metrics))
        one.record(1)
        two.record(2)
        one.destroy()
        #expect(Self.lines(metrics, "depth") == ["depth 2"])
        two.destroy()
        two.destroy()
        #expect(!metrics.text().contains("depth"))
        // The place is free, for a histogram too.
        let timer = CoreMetrics.Timer(label: "depth", factory: metrics)
        timer.recordSeconds(1)
        #expect(Self.lines(metrics, "depth_seconds_count") == ["depth_seconds_count 1"])
        two.destroy()
        timer.destroy()
        #expect(!metrics.text().contains("depth"))
        // What was dropped can be destroyed as well.
        let (kept, dropped) = (Counter(label: "a", factory: metrics), Counter(label: "b", factory: metrics))
        dropped.destroy()
        kept.increment()
        #expect(Self.lines(metrics, "a_total") == ["a_total 1"])
    }

    @Test func nothingIsLostBetweenThreads() async {
        let metrics = Self.metrics()
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for turn in 0..<2000 {
                        // Made anew each time, as some do.
                        Counter(label: "whole", factory: metrics).increment()
                        FloatingPointCounter(label: "parts", factory: metrics).increment(by: 0.5)
                        Meter(label: "level", factory: metrics).increment(by: turn.isMultiple(of: 2) ? 1 : -1)
                        Recorder(label: "size", dimensions: [("w", "\(worker % 2)")], factory: metrics).record(turn % 7)
                        if turn.isMultiple(of: 100) { _ = metrics.text() }
                    }
                }
            }
        }
        #expect(Self.lines(metrics, "whole_total") == ["whole_total 16000"])
        #expect(Self.lines(metrics, "parts_total") == ["parts_total 8000"])
        #expect(Self.lines(metrics, "level") == ["level 0"])
        let sum = 4 * (0..<2000).reduce(0) { $0 + $1 % 7 }
        #expect(Self.lines(metrics, "size_count") == (0...1).map { "size_count{w=\"\($0)\"} 8000" })
        #expect(Self.lines(metrics, "size_sum") == (0...1).map { "size_sum{w=\"\($0)\"} \(sum)" })
        #expect(Self.lines(metrics, "size_bucket{w=\"0\",le=\"+Inf\"}") == ["size_bucket{w=\"0\",le=\"+Inf\"} 8000"])
    }

    @Test func bucketsAreSortedAndFinite() {
        var options = PrometheusMetrics.Options()
        options.recorderBuckets = [5, 1, .infinity, 5, .nan, -1]
        let metrics = PrometheusMetrics(options)
        Recorder(label: "x", factory: metrics).record(2)
        #expect(
            Self.lines(metrics, "x_bucket") == [
                "x_bucket{le=\"-1\"} 0", "x_bucket{le=\"1\"} 0", "x_bucket{le=\"5\"} 1", "x_bucket{le=\"+Inf\"} 1",
            ])
    }
}
