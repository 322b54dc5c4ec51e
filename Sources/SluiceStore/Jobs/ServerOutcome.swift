import Hiredis
package import SluiceCore

/// The outcome of a run as Redis decided it: the run was reclaimed from a dead worker, or its settlement was overruled.
package struct ServerOutcome: Sendable, Hashable {
    package var id: JobID
    /// The new state of the job.
    package var state: JobState
    package var attempt: Int
    /// The worker of the run.
    package var worker: String
    /// Empty if the run was the calling worker's own.
    package var kind: String

    static func list(_ reply: RedisValue) -> [ServerOutcome] {
        reply.rows(of: 5).compactMap { row in
            // A state that only a newer library knows cannot be reported.
            guard let state = row.state(1), let attempt = row[2].integer else { return nil }
            return ServerOutcome(id: row.id(0), state: state, attempt: attempt, worker: row.text(3), kind: row.text(4))
        }
    }
}
