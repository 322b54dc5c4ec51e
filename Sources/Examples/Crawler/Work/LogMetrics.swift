import CoreMetrics
import ExampleSupport

/// A backend of swift-metrics that writes the counters of this program into the file of runs; those of Sluice go nowhere.
struct LogMetrics: MetricsFactory {
    let log: RunLog

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

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        label.hasPrefix("crawler_") ? Writer(log: log, label: label) : NOOPMetricsHandler.instance
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { NOOPMetricsHandler.instance }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
