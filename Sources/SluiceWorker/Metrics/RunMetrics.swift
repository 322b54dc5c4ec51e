import CoreMetrics
import SluiceCore
import SluiceStore
import Synchronization

/// The metrics of a queue's runs, by kind.
///
/// A worker with a handler for all kinds does not know them before, and there may be any number: the first ones have names, the
/// others share one.
final class RunMetrics: Sendable {
    static let mostKinds = 100
    /// The name of the kinds beyond ``mostKinds``.
    static let others = "_others"

    private final class Kind: Sendable {
        let waitTime: CoreMetrics.Timer
        let runTime: CoreMetrics.Timer
        private let factory: any MetricsFactory
        private let dimensions: [(String, String)]
        private let ended = Mutex<[JobState: Counter]>([:])

        init(_ kind: String, of queue: QueueName, _ factory: any MetricsFactory) {
            self.factory = factory
            dimensions = [("queue", queue.text), ("kind", kind)]
            waitTime = Timer(label: "sluice_wait_duration", dimensions: dimensions, factory: factory)
            runTime = Timer(label: "sluice_run_duration", dimensions: dimensions, factory: factory)
        }

        func counter(_ state: JobState) -> Counter {
            ended.withLock { ended in
                if let found = ended[state] { return found }
                let made = Counter(
                    label: "sluice_runs_ended_total", dimensions: dimensions + [("state", state.rawValue)], factory: factory)
                ended[state] = made
                return made
            }
        }
    }

    private let queue: QueueName
    private let factory: any MetricsFactory
    private let kinds = Mutex<[String: Kind]>([:])

    init(queue: QueueName, factory: any MetricsFactory) {
        self.queue = queue
        self.factory = factory
    }

    /// Notes how long a job was available before it was claimed.
    func began(_ job: ClaimedJob, of kind: String) {
        self[kind].waitTime.recordMilliseconds(max(job.claimedAt - job.availableSince, 0))
    }

    /// Notes the end of a run, and the state that its job goes to.
    func ended(_ report: RunReport, in state: JobState) {
        let kind = self[report.kind]
        kind.counter(state).increment()
        kind.runTime.recordNanoseconds(report.duration.nanoseconds)
    }

    private subscript(_ kind: String) -> Kind {
        kinds.withLock { kinds in
            if let found = kinds[kind] { return found }
            let name = kinds.count < Self.mostKinds ? kind : Self.others
            if let found = kinds[name] { return found }
            let made = Kind(name, of: queue, factory)
            kinds[name] = made
            return made
        }
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedReportingOverflow(by: 1_000_000_000).partialValue + attoseconds / 1_000_000_000
    }
}
