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

    /// Logs a run that did not complete, if something is wrong with it.
    func log(_ report: RunReport, _ verdict: Verdict) {
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
        if let dependency = verdict.unavailable {
            return logger.warning(
                "a dependency is unavailable: the job waits, no attempt spent",
                metadata: [
                    "dependency": "\(dependency)", "job": "\(report.id)", "kind": "\(report.kind)",
                    "error": "\(failure.message)",
                ])
        }
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
}
