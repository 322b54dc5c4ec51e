import Hiredis
package import SluiceCore

/// A run whose outcome Redis decided: its worker died, or its settlement was overruled.
package struct DecidedRun: Sendable, Hashable {
    package var id: JobID
    /// The new state of the job.
    package var state: JobState
    package var attempt: Int
    /// The worker of the run.
    package var worker: String
    /// Empty if the run was the calling worker's own.
    package var kind: String

    static func list(_ reply: RedisValue) -> [DecidedRun] {
        var runs: [DecidedRun] = []
        var values = reply.elements.makeIterator()
        while let id = values.next()?.string, let state = values.next()?.string, let attempt = values.next()?.integer,
            let worker = values.next()?.string, let kind = values.next()?.string
        {
            // A state that only a newer library knows cannot be reported.
            guard let state = JobState(rawValue: state) else { continue }
            runs.append(DecidedRun(id: JobID(known: id), state: state, attempt: attempt, worker: worker, kind: kind))
        }
        return runs
    }
}
