import SluiceCore
import SluiceStore

/// A worker as the functions see it: it counts its sessions and calls, remembers what it runs, and does only what it is told.
final class ScriptedWorker {
    let id: WorkerID
    let lease: Duration
    private(set) var session: Int
    private(set) var call = 0
    private(set) var running: [JobID: Fence] = [:]
    /// Whether it tells the history of its completed runs.
    var tellsRuns = true
    private var facts: [JobID: RunFacts] = [:]
    /// How many bytes of jobs a reply may bring, told at the next resync.
    var bytes: Int?
    /// Runs of workers that died, as its calls took them back.
    private(set) var tookBack: [JobID] = []
    private let queue: LuaQueue

    init(_ id: String, on queue: LuaQueue, lease: Duration = .seconds(30), session: Int = 0) {
        self.session = session
        self.id = WorkerID(known: id)
        self.queue = queue
        self.lease = lease
    }

    @discardableResult func resync() async throws -> Resync.Reply {
        session += 1
        let listed = running.sorted { $0.key < $1.key }.map { (id: $0.key, fence: $0.value) }
        let reply = try await queue.call(
            Resync(
                worker: id, session: session, lease: lease,
                info: #"{"host":"host-of-\#(id)"\#(bytes.map { #","bytes":\#($0)"# } ?? "")}"#, running: listed))
        for id in reply.lost { running[id] = nil }
        tookBack += reply.outcomes.map(\.id)
        return reply
    }

    /// Settles runs, all with one outcome, and asks for `demand` jobs.
    @discardableResult func cycle(
        _ demand: Int = 0, settling ids: [String] = [], _ outcome: Settlement.Outcome = .completed(result: nil),
        idle: Duration = .seconds(12)
    ) async throws -> Cycle.Reply {
        try await cycle(demand, ids.map { (JobID(known: $0), outcome) }, idle: idle)
    }

    @discardableResult func cycle(
        _ demand: Int, _ outcomes: [(JobID, Settlement.Outcome)], idle: Duration = .seconds(12)
    ) async throws -> Cycle.Reply {
        let settlements = outcomes.map {
            Settlement(id: $0.0, fence: running[$0.0] ?? Fence(1), outcome: $0.1, run: tellsRuns ? facts[$0.0] : nil)
        }
        call += 1
        let cycle = Cycle(
            worker: id, session: session, call: call, demand: demand, idle: idle, settlements: settlements)
        let reply = try await queue.call(cycle)
        for (id, _) in outcomes { running[id] = nil }
        tookBack += reply.outcomes.filter { $0.worker != id.text }.map(\.id)
        for job in reply.jobs {
            running[job.id] = job.fence
            let kind = (try? job.decodeSpec())?.kind
            facts[job.id] = kind.map { RunFacts(kind: $0, waited: job.claimedAt - job.availableSince) }
        }
        return reply
    }

    /// Settles a run with what it has enqueued.
    func cycle(
        settling id: JobID, _ outcome: Settlement.Outcome, committing jobs: CommittedJobs
    ) async throws -> Cycle.Reply {
        var settlement = Settlement(id: id, fence: running[id] ?? Fence(1), outcome: outcome)
        settlement.committed = jobs
        call += 1
        let cycle = Cycle(
            worker: self.id, session: session, call: call, demand: 0, idle: .seconds(12), settlements: [settlement])
        let reply = try await queue.call(cycle)
        running[id] = nil
        return reply
    }

    /// Claims, and tells the ids in the order in which they came.
    func claim(_ demand: Int) async throws -> [String] { try await cycle(demand).jobs.map(\.id.text) }

    /// The same call again, as if it had been sent twice.
    func repeatCall() { call -= 1 }

    /// A claim whose reply does not arrive, and the resync after it, which asks for so many bytes.
    func lose(_ demand: Int, asking bytes: Int?) async throws {
        let before = running
        try await cycle(demand)
        running = before
        self.bytes = bytes
        try await resync()
    }

    /// Believes that it runs a job.
    func hold(_ id: String, _ fence: Fence) { running[JobID(known: id)] = fence }

    /// Has lost a run, and does not list it any more.
    func forget(_ id: JobID) { running[id] = nil }

    func leave() async throws -> Bool { try await queue.call(Leave(worker: id, session: session)) }
}
