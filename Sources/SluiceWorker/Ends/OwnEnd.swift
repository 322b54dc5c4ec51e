import Logging
import SluiceCore
import Synchronization

/// Ends a worker that has done what it was started for: see ``WorkerOptions/maxJobs`` and ``WorkerOptions/stopsWhenEmpty``.
///
/// The end is in order and has no time limit: runs end, and Redis gets all outcomes, however long it is away. A stop from outside
/// brings back the grace.
final class OwnEnd: Sendable {
    private struct State {
        var budget: JobBudget?
        var emptiness: Emptiness?
        var runners: [QueueRunner] = []
        var isOver = false
    }

    private enum Reason: String {
        case spent = "the worker has run its jobs: it ends"
        case empty = "the queues of the worker are empty: it ends"
    }

    private let state: Mutex<State>
    private let logger: Logger

    /// Returns nil for a worker that does not end by itself.
    init?(_ options: WorkerOptions, _ queues: [QueueName], logger: Logger) {
        if options.maxJobs == nil, !options.stopsWhenEmpty { return nil }
        state = Mutex(
            State(
                budget: options.maxJobs.map(JobBudget.init),
                emptiness: options.stopsWhenEmpty ? Emptiness(Set(queues)) : nil))
        self.logger = logger
    }

    /// Names the runners that it ends.
    func attach(_ runners: [QueueRunner]) { state.withLock { $0.runners = runners } }

    /// Lets go of the runners, which keep this object.
    func detach() { attach([]) }

    /// How many of these places a queue may fill.
    func room(_ places: Int, in queue: QueueName) -> Int {
        state.withLock { state in min(places, state.budget?.room(for: queue) ?? places) }
    }

    /// Begins a look for up to `wanted` jobs. Each look ends with ``ended(_:in:found:isIdle:)``.
    func look(for wanted: Int, in queue: QueueName) -> Look {
        state.withLock { state in
            Look(jobs: state.budget?.reserve(wanted, for: queue) ?? wanted, round: state.emptiness?.current)
        }
    }

    /// A call for jobs that is under way.
    struct Look {
        /// How many jobs to ask for.
        var jobs: Int
        fileprivate var round: Int?
    }

    /// Ends a look.
    /// - Parameters:
    ///   - jobs: how many were claimed.
    ///   - isIdle: whether the look reached Redis and found nothing, and nothing of the queue runs or waits to be recorded.
    func ended(_ look: Look, in queue: QueueName, found jobs: Int, isIdle: Bool) {
        let (waiting, step): (Set<QueueName>, Emptiness.Step) = state.withLock { state in
            let waiting = state.budget?.claimed(jobs, of: look.jobs) ?? []
            if isIdle { return (waiting, state.emptiness?.foundNothing(in: queue, look.round) ?? .wait) }
            state.emptiness?.found(in: queue)
            return (waiting, .wait)
        }
        if !waiting.isEmpty { poke { waiting.contains($0.queue.name) } }
        follow(step)
    }

    /// Notes claimed jobs that do not run here any more.
    /// - Parameter hasRun: false for a job that this process could not begin.
    func left(_ jobs: Int = 1, hasRun: Bool = true) {
        let isSpent = state.withLock { state in
            for _ in 0..<jobs { state.budget?.ended(hasRun: hasRun) }
            return state.budget?.isSpent ?? false
        }
        if isSpent { end(.spent) }
    }

    /// Notes the begin of a delivery, which may add jobs to the queues.
    func deliveryBegins() { state.withLock { $0.emptiness?.begins() } }

    /// Notes the end of a delivery.
    func deliveryEnds() { follow(state.withLock { $0.emptiness?.ends() ?? .wait }) }

    private func follow(_ step: Emptiness.Step) {
        switch step {
        case .wait: break
        case .look: poke { _ in true }
        case .over: end(.empty)
        }
    }

    private func poke(_ isMeant: (QueueRunner) -> Bool) {
        for runner in state.withLock({ $0.runners }) where isMeant(runner) { runner.poke() }
    }

    private func end(_ reason: Reason) {
        let isFirst = state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
        guard isFirst else { return }
        logger.info("\(reason.rawValue)")
        for runner in state.withLock({ $0.runners }) { runner.stopInOrder() }
    }
}
