import CoreMetrics
import NIOCore
import SluiceCore
import SluiceStore

/// The gauges of a queue in this process. Every few seconds Redis gives the counts of a queue to the one worker that calls first.
/// Old gauges are removed, since other workers have newer counts.
struct GaugeBoard {
    /// Longer than the time between two calls of an idle worker with the default lease.
    static let validity = TimeAmount.seconds(30)

    private enum Label: String {
        case jobs = "sluice_queue_jobs"
        case oldest = "sluice_queue_oldest_seconds"
    }

    private struct Name: Hashable {
        var label: Label
        var state: JobState
    }

    private let queue: QueueName
    private let factory: any MetricsFactory
    private var gauges: [Name: Gauge] = [:]
    private var updatedAt = NIODeadline.distantPast

    init(queue: QueueName, factory: any MetricsFactory) {
        self.queue = queue
        self.factory = factory
    }

    /// Applies the counts of a reply. Most replies have none.
    mutating func update(_ counts: QueueGauges?, at now: NIODeadline) {
        guard let counts else {
            if !gauges.isEmpty, now - updatedAt > Self.validity { clear() }
            return
        }
        updatedAt = now
        for state in JobState.allCases {
            set(.jobs, of: state, to: counts.jobs[state].map(Double.init))
            set(.oldest, of: state, to: counts.oldest[state]?.seconds)
        }
    }

    /// Removes all gauges.
    mutating func clear() {
        for gauge in gauges.values { gauge.destroy() }
        gauges = [:]
    }

    private mutating func set(_ label: Label, of state: JobState, to value: Double?) {
        let name = Name(label: label, state: state)
        guard let value else {
            gauges.removeValue(forKey: name)?.destroy()
            return
        }
        let dimensions = [("queue", queue.text), ("state", state.rawValue)]
        let gauge = gauges[name] ?? Gauge(label: label.rawValue, dimensions: dimensions, factory: factory)
        gauges[name] = gauge
        gauge.record(value)
    }
}
