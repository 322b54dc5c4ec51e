import Logging
import NIOCore
import SluiceCore
import SluiceStore

extension QueueRunner {
    /// Ends a run from outside. Its task is cancelled, and abandoned if it does not return within the grace.
    func end(_ id: JobID, _ ending: Ending) {
        guard let run = runs[id], run.ending == nil || ending == .stopping else { return }
        runs[id]?.ending = ending
        runs[id]?.deadline = .now() + TimeAmount(options.cancellationGrace)
        run.handle.cancel()
        deadlines.set()
    }

    /// Cancels runs that exceed their time, abandons cancelled ones that do not return, and starts chunks. Ends when `run` has.
    func watchDeadlines() async {
        while !isFinished {
            takeLimits()
            let now = NIODeadline.now()
            var next = startChunks(at: now)
            for (id, run) in runs {
                guard let deadline = run.deadline else { continue }
                if deadline > now {
                    next = min(next ?? deadline, deadline)
                } else if run.ending != nil {
                    abandon(id, run)
                } else if let limit = run.limit {
                    end(id, .timedOut(limit.limit))
                }
            }
            await deadlines.wait(until: next)
        }
    }

    private func takeLimits() {
        for limit in mailbox.takeLimits() where runs[limit.id]?.job.fence == limit.fence {
            runs[limit.id]?.limit = limit
            if runs[limit.id]?.ending == nil { runs[limit.id]?.deadline = .now() + TimeAmount(limit.limit) }
        }
    }

    /// Settles a run without its handler. A later return value is dropped.
    private func abandon(_ id: JobID, _ run: Run) {
        logger.error(
            "a handler ignores its cancellation: its job is settled without it",
            metadata: ["job": "\(id)", "queue": "\(queue.name)", "why": "\(run.ending.map { "\($0)" } ?? "")"])
        runs[id] = nil
        settle(run.abandoned(), ending: run.ending)
        ownEnd?.left()
        poke()
    }
}
