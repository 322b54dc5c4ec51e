import CoreMetrics
import NIOCore
import SluiceCore
import SluiceStore

/// The metrics of a queue runner for swift-metrics, counted in batches where possible. Without a backend nothing is counted, and no
/// clock is read.
struct WorkerMetrics: Sendable {
    /// The runs by kind, for the threads of handlers too. Nil without a backend.
    let runs: RunMetrics?
    private let meters: Meters?
    /// The gauges of the whole queue, while this worker has the counts.
    private var board: GaugeBoard?

    /// What exists from the start, so that a graph begins at 0.
    private struct Meters: Sendable {
        let startedJobs: Counter
        let refusedSettlements: Counter
        let lostLeases: Counter
        let failedCalls: Counter
        let running: Gauge
        let places: Gauge
        let cycles: CoreMetrics.Timer
        let resyncs: CoreMetrics.Timer
        let queue: QueueName
        let factory: any MetricsFactory

        init(_ queue: QueueName, _ factory: any MetricsFactory) {
            self.queue = queue
            self.factory = factory
            let dimensions = [("queue", queue.text)]
            func counter(_ label: String) -> Counter { Counter(label: label, dimensions: dimensions, factory: factory) }
            startedJobs = counter("sluice_jobs_started_total")
            refusedSettlements = counter("sluice_settlements_refused_total")
            lostLeases = counter("sluice_leases_lost_total")
            failedCalls = counter("sluice_redis_calls_failed_total")
            running = Gauge(label: "sluice_worker_runs", dimensions: dimensions, factory: factory)
            places = Gauge(label: "sluice_worker_places", dimensions: dimensions, factory: factory)
            func calls(_ name: String) -> CoreMetrics.Timer {
                Timer(label: "sluice_redis_call_duration", dimensions: dimensions + [("call", name)], factory: factory)
            }
            cycles = calls("cycle")
            resyncs = calls("resync")
        }
    }

    /// A call that a runner makes.
    enum Call {
        case cycle, resync
    }

    init(queue: QueueName, factory: any MetricsFactory) {
        if factory is NOOPMetricsHandler {
            (runs, meters, board) = (nil, nil, nil)
        } else {
            runs = RunMetrics(queue: queue, factory: factory)
            meters = Meters(queue, factory)
            board = GaugeBoard(queue: queue, factory: factory)
        }
    }

    /// Shows how many places the worker has, and that nothing runs yet.
    func begin(places: Int) {
        meters?.places.record(places)
        meters?.running.record(0)
    }

    func started(_ count: Int, running: Int) {
        guard let meters else { return }
        if count > 0 { meters.startedJobs.increment(by: count) }
        meters.running.record(running)
    }

    /// Counts outcomes that Redis did not take.
    func refused(_ count: Int) {
        if count > 0 { meters?.refusedSettlements.increment(by: count) }
    }

    /// Counts jobs that were taken from this worker while it ran them.
    func lost(_ count: Int) {
        if count > 0 { meters?.lostLeases.increment(by: count) }
    }

    /// Counts a run that failed because of a dependency, by dependency.
    func unavailable(_ dependency: String) {
        guard let meters else { return }
        let dimensions = [("queue", meters.queue.text), ("dependency", dependency)]
        Counter(label: "sluice_dependency_failures_total", dimensions: dimensions, factory: meters.factory).increment()
    }

    /// The time at which a call begins; nil without a backend.
    func callBegins() -> NIODeadline? { meters == nil ? nil : .now() }

    /// Notes a call that was answered.
    func answered(_ call: Call, since start: NIODeadline?) {
        guard let meters, let start else { return }
        let duration = (NIODeadline.now() - start).nanoseconds
        switch call {
        case .cycle: meters.cycles.recordNanoseconds(duration)
        case .resync: meters.resyncs.recordNanoseconds(duration)
        }
    }

    /// Counts a call without an answer, or with an error for one.
    func callFailed() { meters?.failedCalls.increment() }

    /// Applies the counts of a reply to the gauges of the queue.
    mutating func update(_ counts: QueueGauges?) { board?.update(counts, at: .now()) }

    /// Removes what describes the present.
    mutating func end() {
        board?.clear()
        meters?.running.destroy()
        meters?.places.destroy()
    }
}
