package import Hiredis
package import SluiceCore

/// Asks how jobs stand, and to be told of the end of those that have not ended: `lua/jobs/await.lua`. Asking again is harmless. The reply
/// has as many of the jobs as fit, the first ones: of the others nothing was asked.
package struct Await: StoreFunction {
    package static let name = "await"
    /// Jobs in one call.
    package static let mostJobs = 500

    /// How a job stands.
    package enum Standing: Sendable, Hashable {
        /// It has not ended: the client's inbox will tell.
        case underWay(JobState)
        /// With its result as JSON text; empty if none is kept.
        case completed(result: [UInt8])
        /// Cancelled or discarded, with its last error, a line of JSON; empty if there is none.
        case failed(JobState, error: [UInt8])
        /// The queue does not know it.
        case missing
    }

    package var client: String
    /// Whether the client does not want to be told any more.
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
        var values = reply.elements.makeIterator()
        while let id = values.next()?.string, let state = values.next()?.string, let detail = values.next() {
            standings[JobID(known: id)] = Standing(state, detail)
        }
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
