import CoreMetrics
import Logging
import SluiceCore
import SluiceStore

/// The metrics of a queue runner for swift-metrics, counted in batches where possible.
struct WorkerMetrics: Sendable {
    private let startedJobs: Counter
    private let refusedSettlements: Counter
    private let runTime: CoreMetrics.Timer
    private let waitTime: CoreMetrics.Timer
    private let queue: QueueName
    private let ended: [JobState: Counter]
    private let factory: any MetricsFactory
    /// The gauges of the whole queue, while this worker has the counts.
    var gauges: GaugeBoard

    init(queue: QueueName, factory: any MetricsFactory) {
        self.queue = queue
        self.factory = factory
        let dimensions = [("queue", queue.text)]
        startedJobs = Counter(label: "sluice_jobs_started_total", dimensions: dimensions, factory: factory)
        refusedSettlements = Counter(label: "sluice_settlements_refused_total", dimensions: dimensions, factory: factory)
        runTime = Timer(label: "sluice_run_duration", dimensions: dimensions, factory: factory)
        waitTime = Timer(label: "sluice_wait_duration", dimensions: dimensions, factory: factory)
        ended = Dictionary(
            uniqueKeysWithValues: JobState.allCases.map {
                let dimensions = dimensions + [("state", $0.rawValue)]
                return ($0, Counter(label: "sluice_runs_ended_total", dimensions: dimensions, factory: factory))
            })
        gauges = GaugeBoard(queue: queue, factory: factory)
    }

    func started(_ jobs: [ClaimedJob]) {
        if jobs.isEmpty { return }
        startedJobs.increment(by: jobs.count)
        for job in jobs { waitTime.recordMilliseconds(max(job.claimedAt - job.availableSince, 0)) }
    }

    func refused(_ count: Int) {
        if count > 0 { refusedSettlements.increment(by: count) }
    }

    /// Counts a run, and logs a failed one.
    func ended(_ report: RunReport, _ verdict: Verdict, _ logger: Logger) {
        ended[verdict.state]?.increment()
        runTime.recordNanoseconds(report.duration.nanoseconds)
        // Of the completed, which are most, nothing is logged.
        if verdict.state == .completed { return }
        if case .unknownKind = report.result {
            logger.warning(
                "this worker does not handle the kind: the job waits",
                metadata: ["kind": "\(report.kind)", "job": "\(report.id)"])
        }
        if case .parked(let failure) = report.result {
            return logger.warning(
                "a job cannot be read here: it waits",
                metadata: ["kind": "\(report.kind)", "job": "\(report.id)", "why": "\(failure.message)"])
        }
        guard let failure = verdict.failure else { return }
        if let dependency = verdict.unavailable { return unavailable(dependency, report, failure, logger) }
        let isDiscarded = verdict.state == .discarded
        // A handler that asks for another attempt has said why.
        let error = failure.type == "retry" ? failure.message : "\(failure.type): \(failure.message)"
        logger.log(
            level: isDiscarded ? .error : .warning, isDiscarded ? "a run failed: the job is discarded" : "a run failed",
            metadata: [
                "job": "\(report.id)", "kind": "\(report.kind)", "attempt": "\(report.attempt)", "state": "\(verdict.state)",
                "error": "\(error)",
            ])
    }

    /// Counts a run that failed because of a dependency, by dependency.
    private func unavailable(_ dependency: String, _ report: RunReport, _ failure: RunFailure, _ logger: Logger) {
        let dimensions = [("queue", queue.text), ("dependency", dependency)]
        Counter(label: "sluice_dependency_failures_total", dimensions: dimensions, factory: factory).increment()
        logger.warning(
            "a dependency is unavailable: the job waits, no attempt spent",
            metadata: [
                "dependency": "\(dependency)", "job": "\(report.id)", "kind": "\(report.kind)", "error": "\(failure.message)",
            ])
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedReportingOverflow(by: 1_000_000_000).partialValue + attoseconds / 1_000_000_000
    }
}
