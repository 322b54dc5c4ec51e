package import CoreMetrics

/// A backend of swift-metrics that writes some counters into the file of runs; all else goes nowhere.
package struct LogMetrics: MetricsFactory {
    private let log: RunLog
    private let prefix: String

    /// - Parameter prefix: of the labels of counters that are written.
    package init(_ log: RunLog, prefix: String) {
        self.log = log
        self.prefix = prefix
    }

    private final class Writer: CounterHandler {
        let log: RunLog
        let label: String

        init(log: RunLog, label: String) {
            self.log = log
            self.label = label
        }

        func increment(by amount: Int64) { log.write(RunLine(.counted, label, attempt: Int(amount))) }
        func reset() {}
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        label.hasPrefix(prefix) ? Writer(log: log, label: label) : NOOPMetricsHandler.instance
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { NOOPMetricsHandler.instance }
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}
