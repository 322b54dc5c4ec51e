import Hiredis
package import SluiceCore

/// A run whose outcome Redis has decided: its worker died, or what the worker said did not hold.
package struct DecidedRun: Sendable, Hashable {
    package var id: JobID
    /// Where the job went.
    package var state: JobState
    package var attempt: Int
    /// Who ran it.
    package var worker: String
    /// Empty where the worker that is told has run it.
    package var kind: String

    static func list(_ reply: RedisValue) -> [DecidedRun] {
        var runs: [DecidedRun] = []
        var values = reply.elements.makeIterator()
        while let id = values.next()?.string, let state = values.next()?.string, let attempt = values.next()?.integer,
            let worker = values.next()?.string, let kind = values.next()?.string
        {
            // A state of a newer library than this program knows is nothing that could be told.
            guard let state = JobState(rawValue: state) else { continue }
            runs.append(DecidedRun(id: JobID(known: id), state: state, attempt: attempt, worker: worker, kind: kind))
        }
        return runs
    }
}
