import SluiceCore
import SluiceStore
import Synchronization

/// The jobs that a run enqueues, collected until its outcome is known.
final class RunJobs: Sendable {
    private struct State {
        var jobs = CommittedJobs()
        var isOver = false
    }

    private let state = Mutex(State())

    /// Adds jobs, all or none.
    /// - Throws: `runLimit` if the limits of a run are exceeded; `fenced` if the run is over.
    func add(_ jobs: [(job: NewJob, queue: QueueName)], of own: QueueName) throws(SluiceError) {
        let failure: SluiceError? = state.withLock { state in
            if state.isOver { return SluiceError(.fenced, "this run is over: it can enqueue nothing more") }
            var all = state.jobs
            for (job, queue) in jobs { all.append(job, to: queue, of: own) }
            if all.count > CommittedJobs.mostJobs {
                return SluiceError(
                    .runLimit, "a run enqueues at most \(CommittedJobs.mostJobs) jobs with its outcome, not \(all.count)")
            }
            if all.bytes.count > CommittedJobs.mostBytes {
                return SluiceError(
                    .runLimit, "the jobs that a run enqueues with its outcome have 1 MiB at most, not \(all.bytes.count) bytes")
            }
            state.jobs = all
            return nil
        }
        if let failure { throw failure }
    }

    /// Ends the collection: no more jobs can be added.
    func finish() -> CommittedJobs {
        state.withLock { state in
            state.isOver = true
            return state.jobs
        }
    }
}
