import Logging
import ServiceLifecycle
public import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
public import SluiceWorker

extension TestNamespace {
    /// Makes a client of these queues; close it when the test is over.
    /// - Throws: as a client does that connects.
    public func client(_ options: SluiceClient.Options = SluiceClient.Options()) async throws(SluiceError) -> SluiceClient {
        var options = options
        options.namespace = namespace
        return try await SluiceClient(.url(url), options: options)
    }

    /// Runs a worker until its queues have nothing left that runs or could run now, then stops it in order.
    ///
    /// What is told between queues, such as the end of a job that another one follows, has been told then, too.
    ///
    /// What waits for the virtual clock stays, be it due later, held up by a rate, or by a breaker: move the clock with
    /// ``advance(by:)`` and drain again, with the same worker or another one. Jobs of a paused queue stay, too, and those that need
    /// what is switched off. When it returns, Redis has every outcome, and observers were told. A handler that never returns keeps
    /// it waiting, unless its job has a timeout.
    /// - Parameter worker: one of a client of this namespace.
    /// - Returns: What is left, by what it waits for, and how far to advance for it; empty if nothing is.
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

    /// What jobs of a queue wait for.
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

/// Ends when some queues are idle.
private struct IdleWatch: Service {
    let inspector: Inspector
    let queues: [QueueName]
    /// From before the first look on, so that nothing happens unseen between a look and the wait that follows.
    let transitions: Transitions

    func run() async throws {
        var changes = transitions.makeAsyncIterator()
        while true {
            let before = try await statuses()
            let isTelling = before.contains { $0.outgoing > 0 }
            let isFiring = try await isFiring()
            if isTelling || isFiring {
                // That it has been told makes no transition.
                try await Task.sleep(for: .milliseconds(10))
            } else {
                switch try await standing(before) {
                case .idle:
                    // Each queue was looked at for itself: what left one may have come to another one after that was looked at.
                    let after = try await statuses()
                    if zip(before, after).allSatisfy({ $0.totals == $1.totals && $1.outgoing == 0 }) { return }
                case .claiming:
                    // That what is runnable meets a gate that is shut makes no transition.
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

    /// Whether something that recurs is due, and has not fired yet. A tick that is skipped makes no transition.
    private func isFiring() async throws(SluiceError) -> Bool {
        for queue in queues {
            let crontab = try await inspector.store.call(CronList(), on: queue)
            if crontab.items.contains(where: { $0.next.map { $0 <= crontab.now } ?? false }) { return true }
        }
        return false
    }

    private enum Standing {
        case idle
        /// Nothing runs, and a worker may yet be given something.
        case claiming
        /// A transition will come.
        case busy
    }

    private func standing(_ statuses: [QueueStatus]) async throws -> Standing {
        var isClaiming = false
        for (queue, status) in zip(queues, statuses) {
            if status.states[.executing, default: 0] > 0 { return .busy }
            if status.pause != nil { continue }
            if status.states[.available, default: 0] > 0 {
                // What waits for the clock waits for the test.
                if try await inspector.store.call(DiagnoseWaits(), on: queue).isClaimable { isClaiming = true }
            }
            if try await isDue(queue, by: status) { return .busy }
        }
        return isClaiming ? .claiming : .idle
    }

    /// Whether a job waits for a time that has come. Those that are due first are listed first.
    private func isDue(_ queue: QueueName, by status: QueueStatus) async throws(SluiceError) -> Bool {
        for state in [JobState.scheduled, .retryable] {
            let first = try await inspector.jobs(matching: JobFilter(queues: [queue], states: [state]), limit: 1)
            if let due = first.jobs.first?.moment, due <= status.time { return true }
        }
        return false
    }
}
