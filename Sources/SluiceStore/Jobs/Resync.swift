package import Hiredis
package import SluiceCore

/// The first call of a worker, also after it lost track: `lua/workers/resync.lua`.
package struct Resync: StoreFunction {
    package static let name = "resync"

    package struct Reply: Sendable {
        /// The last cycle that was applied, in any session; 0 for none.
        package var lastCall: Int
        /// The settlements that this cycle rejected.
        package var refused: [JobID]
        /// Listed jobs that the worker does not, or no longer, own.
        package var lost: Set<JobID>
        /// Outcomes of runs that this call reclaimed from dead workers.
        package var outcomes: [ServerOutcome]
    }

    package var worker: WorkerID
    package var session: Int
    package var lease: Duration
    /// A description of the process, as JSON.
    package var info: String
    /// All jobs that run, or whose outcome may not be recorded yet.
    package var running: [(id: JobID, fence: Fence)]

    package init(
        worker: WorkerID, session: Int, lease: Duration, info: String, running: [(id: JobID, fence: Fence)]
    ) {
        self.worker = worker
        self.session = session
        self.lease = lease
        self.info = info
        self.running = running
    }

    package var size: (arguments: Int, bytes: Int) { (4 + 2 * running.count, 400 + running.count * 44) }

    package func write(into command: inout RedisCommand) {
        command.append(worker.text)
        command.append(session)
        command.append(lease.milliseconds)
        command.append(info)
        for (id, fence) in running {
            command.append(id.text)
            command.append(fence.description)
        }
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard reply.count == 4, let lastCall = reply[0][1].integer else { throw malformed(Self.name) }
        return Reply(lastCall: lastCall, refused: ids(reply[1]), lost: Set(ids(reply[2])), outcomes: ServerOutcome.list(reply[3]))
    }
}

/// Removes a worker that stops and holds nothing: `lua/workers/resync.lua`.
package struct Leave: StoreFunction {
    package static let name = "leave"
    package var worker: WorkerID
    package var session: Int

    package init(worker: WorkerID, session: Int) {
        self.worker = worker
        self.session = session
    }

    package func write(into command: inout RedisCommand) {
        command.append(worker.text)
        command.append(session)
    }

    /// Whether it was removed; otherwise it holds jobs and stays until its lease ends.
    package func read(_ reply: RedisValue) throws(SluiceError) -> Bool { reply.integer == 1 }
}
