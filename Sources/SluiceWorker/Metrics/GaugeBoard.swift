import CoreMetrics
import NIOCore
import SluiceCore
import SluiceStore

/// The gauges of a queue in this process. Redis tells one worker at a time what the queue holds, whoever calls first after a few
/// seconds; what was told to this one long ago is taken down, since others know better.
struct GaugeBoard {
    /// Longer than a worker of the default lease that has nothing to do lets pass between two calls.
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
    private var toldAt = NIODeadline.distantPast

    init(queue: QueueName, factory: any MetricsFactory) {
        self.queue = queue
        self.factory = factory
    }

    /// Takes in what a call told, which mostly is nothing.
    mutating func update(_ told: QueueGauges?, at now: NIODeadline) {
        guard let told else {
            if !gauges.isEmpty, now - toldAt > Self.validity { clear() }
            return
        }
        toldAt = now
        for state in JobState.allCases {
            set(.jobs, of: state, to: told.jobs[state].map(Double.init))
            set(.oldest, of: state, to: told.oldest[state]?.seconds)
        }
    }

    /// Takes all down.
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
