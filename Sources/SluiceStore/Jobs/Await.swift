package import Hiredis
package import SluiceCore

/// Reads the states of jobs and subscribes to the end of those that have not ended: `lua/jobs/await.lua`. Repeating it is
/// harmless. The reply covers as many of the first jobs as fit; the call does nothing for the others.
package struct Await: StoreFunction {
    package static let name = "await"
    /// Maximum number of jobs in one call.
    package static let mostJobs = 500

    /// The state of a job.
    package enum Standing: Sendable, Hashable {
        /// It has not ended: an entry in the client's inbox will say when it has.
        case underWay(JobState)
        /// Completed, with its result as JSON text; empty if none is kept.
        case completed(result: [UInt8])
        /// Cancelled or discarded, with its last error as a line of JSON; empty if there is none.
        case failed(JobState, error: [UInt8])
        /// The queue does not know it.
        case missing
    }

    package var client: String
    /// Whether to end the subscription.
    package var forgets: Bool
    package var ids: [JobID]

    package init(client: String, forgets: Bool = false, ids: [JobID]) {
        self.client = client
        self.forgets = forgets
        self.ids = ids
    }

    package func write(into command: inout RedisCommand) {
        command.append(client)
        command.append(forgets ? 1 : 0)
        for id in ids { command.append(id.text) }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> [JobID: Standing] {
        var standings: [JobID: Standing] = [:]
        for row in reply.rows(of: 3) { standings[row.id(0)] = Standing(row.text(1), row[2]) }
        if standings.isEmpty, !ids.isEmpty { throw malformed(Self.name) }
        return standings
    }
}

extension Await.Standing {
    fileprivate init(_ state: String, _ detail: RedisValue) {
        let bytes = detail.withBytes { Array($0) }
        self =
            switch JobState(rawValue: state) {
            case .completed: .completed(result: bytes)
            case .cancelled: .failed(.cancelled, error: bytes)
            case .discarded: .failed(.discarded, error: bytes)
            case .suspended: .underWay(.suspended)
            case .scheduled: .underWay(.scheduled)
            case .available: .underWay(.available)
            case .executing: .underWay(.executing)
            case .retryable: .underWay(.retryable)
            case nil: .missing
            }
    }
}
