import Logging
import SluiceCore
import SluiceStore

extension QueueRunner {
    /// Drops the oldest outcomes, which Redis has. Unlike `removeFirst(_:)` it keeps the memory.
    func dropOutcomes(_ count: Int) {
        for _ in 0..<count { _ = outbox.popFirst() }
    }

    /// Reports recorded outcomes to the observers, with Redis' decision where that differs, and counts refused outcomes.
    func recorded(_ settled: some Sequence<Settled>, refused: [JobID], outcomes: [ServerOutcome] = []) {
        let refused = Set(refused)
        for id in refused {
            logger.warning(
                "the outcome of a run was not taken: its lease had ended, or Redis does not have the job any more",
                metadata: ["job": "\(id)", "queue": "\(queue.name)"])
        }
        metrics.refused(refused.count)
        guard let observer else { return }
        let otherwise = outcomes.filter { $0.worker == worker.text }
        for one in settled where !refused.contains(one.settlement.id) {
            guard var processed = one.processed else { continue }
            if let other = otherwise.first(where: { $0.id == processed.id }) { processed.state = other.state }
            observer.tell(processed)
        }
    }

    /// Reports the runs of dead workers to the observers.
    func tell(_ outcomes: [ServerOutcome]) {
        guard let observer else { return }
        for run in outcomes where run.worker != worker.text { observer.tell(ProcessedJob(run, queue: queue.name)) }
    }
}
