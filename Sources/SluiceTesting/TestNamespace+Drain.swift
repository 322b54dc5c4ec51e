import Logging
import ServiceLifecycle
public import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
public import SluiceWorker

extension TestNamespace {
    /// Makes a client of these queues. Close it at the end of the test.
    /// - Throws: a ``SluiceError`` if the client cannot connect.
    public func client(_ options: SluiceClient.Options = SluiceClient.Options()) async throws(SluiceError) -> SluiceClient {
        var options = options
        options.namespace = namespace
        return try await SluiceClient(.url(url), options: options)
    }

    /// Runs a worker until its queues have no job that runs or could run now, then stops it in order.
    ///
    /// Messages between queues, such as the end of a job that another job follows, have been relayed by then. Redis has every
    /// outcome, and all observers have been called.
    ///
    /// Jobs that wait for the virtual clock stay: they are due later, or held by a rate or a breaker. Move the clock with
    /// ``advance(by:)`` and drain again, with the same worker or another one. Jobs of a paused queue stay, too, and jobs whose
    /// dependency is switched off. A handler that never returns blocks the drain, unless its job has a timeout.
    /// - Parameter worker: a worker of a client of this namespace.
    /// - Returns: The remaining jobs by what they wait for, and how far to advance for them; empty if none remain.
    /// - Throws: what the worker throws; `CancellationError` if the task is cancelled.
    /// - Throws: what the worker throws; `CancellationError` if the task is cancelled.
    @discardableResult
    public func drain(with worker: Worker) async throws -> [WaitingJobs] {
        let inspector = Inspector(store)
        let queues = worker.queues.map(\.name)
        let watch = IdleWatch(inspector: inspector, queues: queues, transitions: try await inspector.transitions())
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: worker),
                    .init(service: watch, successTerminationBehavior: .gracefullyShutdownGroup),
                ],
                logger: Logger(label: "sluice.testing") { _ in SwiftLogNoOpLogHandler() }))
        try await services.run()
        try Task.checkCancellation()
        var left: [WaitingJobs] = []
        for queue in queues { left += try await waiting(in: queue, inspector) }
        return left
    }

    /// Lists what the jobs of a queue wait for.
    private func waiting(in queue: QueueName, _ inspector: Inspector) async throws -> [WaitingJobs] {
        let status = try await inspector.status(of: queue)
        var left: [WaitingJobs] = []
        var first: Duration?
        for state in [JobState.scheduled, .retryable] where status.states[state, default: 0] > 0 {
            let page = try await inspector.jobs(matching: JobFilter(queues: [queue], states: [state]), limit: 1)
            guard let due = page.jobs.first?.moment else { continue }
            let wait = Duration.milliseconds(max(due.milliseconds - status.time.milliseconds, 0))
            first = min(first ?? wait, wait)
        }
        if let first { left.append(WaitingJobs(queue: queue, reason: .due, until: first)) }
        guard status.states[.available, default: 0] > 0 else { return left }
        if status.pause != nil { return left + [WaitingJobs(queue: queue, reason: .pause)] }
        for gate in try await store.call(DiagnoseWaits(), on: queue).gates {
            let reason: WaitingJobs.Reason =
                switch gate.reason {
                case "rate": .rate(gate: gate.name)
                case "breaker": .breaker(gate: gate.name)
                case "off": .dependency(name: gate.name)
                default: .place(gate: gate.name)
                }
            let until = gate.until.map { Duration.milliseconds(max($0 - status.time.milliseconds, 1)) }
            left.append(WaitingJobs(queue: queue, reason: reason, until: until))
        }
        return left
    }
}

/// Ends when the queues are idle.
private struct IdleWatch: Service {
    let inspector: Inspector
    let queues: [QueueName]
    /// Follows from before the first look, so that no change is missed between a look and the wait after it.
    let transitions: Transitions

    func run() async throws {
        var changes = transitions.makeAsyncIterator()
        while true {
            let before = try await statuses()
            let isTelling = before.contains { $0.outgoing > 0 }
            let isFiring = try await isFiring()
            if isTelling || isFiring {
                // A relayed message makes no transition, so look again soon.
                try await Task.sleep(for: .milliseconds(10))
            } else {
                switch try await standing(before) {
                case .idle:
                    // Each queue was read on its own: a job may have moved to a queue that was read before.
                    let after = try await statuses()
                    if zip(before, after).allSatisfy({ $0.totals == $1.totals && $1.outgoing == 0 }) { return }
                case .claiming:
                    // No transition follows when a runnable job meets a closed gate, so look again soon.
                    try await Task.sleep(for: .milliseconds(10))
                case .busy:
                    guard try await changes.next() != nil else { return }
                }
            }
        }
    }

    private func statuses() async throws(SluiceError) -> [QueueStatus] {
        var statuses: [QueueStatus] = []
        for queue in queues { statuses.append(try await inspector.status(of: queue)) }
        return statuses
    }

    /// Whether a recurring job is due and has not fired. A skipped tick makes no transition.
    private func isFiring() async throws(SluiceError) -> Bool {
        for queue in queues {
            let crontab = try await inspector.store.cronEntries(of: queue)
            if crontab.items.contains(where: { $0.next.map { $0 <= crontab.now } ?? false }) { return true }
        }
        return false
    }

    private enum Standing {
        case idle
        /// No job runs, but a worker may still claim one.
        case claiming
        /// A transition will follow.
        case busy
    }

    private func standing(_ statuses: [QueueStatus]) async throws -> Standing {
        var isClaiming = false
        for (queue, status) in zip(queues, statuses) {
            if status.states[.executing, default: 0] > 0 { return .busy }
            if status.pause != nil { continue }
            if status.states[.available, default: 0] > 0 {
                // A job that waits for the clock waits for the test.
                if try await inspector.store.call(DiagnoseWaits(), on: queue).isClaimable { isClaiming = true }
            }
            if try await isDue(queue, by: status) { return .busy }
        }
        return isClaiming ? .claiming : .idle
    }

    /// Whether a job waits for a time that has come. The list starts with the earliest.
    private func isDue(_ queue: QueueName, by status: QueueStatus) async throws(SluiceError) -> Bool {
        for state in [JobState.scheduled, .retryable] {
            let first = try await inspector.jobs(matching: JobFilter(queues: [queue], states: [state]), limit: 1)
            if let due = first.jobs.first?.moment, due <= status.time { return true }
        }
        return false
    }
}
