package import Hiredis
package import SluiceCore

/// A job that this worker has claimed.
package struct ClaimedJob: Sendable {
    package var id: JobID
    package var fence: Fence
    /// Number of this attempt: failed attempts so far, plus one.
    package var attempt: Int
    /// Time since which it could be claimed, in ms since 1970 by the server's clock.
    package var availableSince: Int
    /// Time of the claim, in ms since 1970 by the server's clock.
    package var claimedAt: Int
    /// Optional needs that are switched off: the job runs without them.
    package var without: Set<String> = []
    private let spec: RedisValue

    init(id: JobID, fence: Fence, attempt: Int, score: RedisValue, claimedAt: Int, spec: RedisValue) {
        self.id = id
        self.fence = fence
        self.attempt = attempt
        self.availableSince = Score.time(score.integer ?? 0)
        self.claimedAt = claimedAt
        self.spec = spec
    }

    /// Parses the spec.
    /// - Throws: `invalidArgument` if the spec is not valid.
    package func decodeSpec() throws(SluiceError) -> JobSpec {
        let read: Result<JobSpec, SluiceError> = spec.withBytes { bytes in
            do throws(SluiceError) {
                return .success(try JobSpec(decoding: bytes))
            } catch {
                return .failure(error)
            }
        }
        return try read.get()
    }
}

/// The place of a job in its lane as a number: class × 2⁴⁹ + sequence. The sequence is ms since 2025 × 512 + n.
package enum Score {
    private static let epoch = 1_735_689_600_000

    /// Time at which the place was taken, in ms since 1970.
    package static func time(_ score: Int) -> Int { (score & ((1 << 49) - 1)) >> 9 + epoch }

    /// The class, 0 (first) to 9.
    package static func priority(_ score: Int) -> Int { score >> 49 }
}

/// The regular call of a worker: `lua/workers/cycle.lua`.
package struct Cycle: StoreFunction {
    package static let name = "cycle"
    /// Maximum number of jobs that one call can settle, and that it can claim.
    package static let mostJobs = 1000
    /// The room of a call for settlements. The extras are jobs that the runs enqueued.
    package static let room = CallRoom(items: mostJobs, extras: 1000)

    package struct Reply: Sendable {
        /// The server's time in ms since 1970.
        package var now: Int
        /// Number of jobs that the worker holds now.
        package var held: Int
        /// Time until the next call without a wake-up; nil leaves it to the worker.
        package var come: Duration?
        /// Whether the worker has to resync before it can claim.
        package var mustResync: Bool
        /// Rises whenever a worker changes the declared limits.
        package var declared: Int
        /// The gauges of the queue. One worker gets them every few seconds.
        package var gauges: QueueGauges?
        /// Jobs whose settlement changed nothing, since their run was over.
        package var refused: [JobID]
        /// Jobs of the worker that are to be cancelled.
        package var cancel: [JobID]
        package var jobs: [ClaimedJob]
        /// Outbox messages to relay and then acknowledge.
        package var messages: [OutboxMessage]
        /// Outcomes of runs that this call reclaimed from dead workers, and of settlements that led to another state than requested.
        package var outcomes: [ServerOutcome]
        /// Whether cron entries are due that this worker should fire.
        package var hasTicks: Bool
    }

    package var worker: WorkerID
    package var session: Int
    package var call: Int
    package var demand: Int
    /// Time until the worker's next call, if it is left with free places and gets no wake-up.
    package var idle: Duration
    package var settlements: [Settlement]

    package init(worker: WorkerID, session: Int, call: Int, demand: Int, idle: Duration, settlements: [Settlement]) {
        self.worker = worker
        self.session = session
        self.call = call
        self.demand = demand
        self.idle = idle
        self.settlements = settlements
    }

    package var size: (arguments: Int, bytes: Int) { (5 + 2 * settlements.count + 8, 200 + settlements.count * 32) }

    package func write(into command: inout RedisCommand) {
        command.append(worker.text)
        command.append(session)
        command.append(call)
        command.append(demand)
        command.append(idle.milliseconds)
        writeCommitted(into: &command)
        for (kind, members) in groups {
            command.append(kind.fence.description)
            command.append(kind.word)
            command.append(members.count)
            command.append((kind.isDetailed ? 1 : 0) + (kind.isTold ? 2 : 0))
            for index in members { command.append(settlements[index].id.text) }
            for index in members { if let detail = settlements[index].entry.detail { command.append(contentsOf: detail) } }
            if kind.isTold { command.append(tally(members)) }
        }
    }

    /// What the history is told of the runs of a group.
    private func tally(_ members: [Int]) -> String {
        var tally = RunTally()
        for index in members { if let run = settlements[index].run { tally.add(run) } }
        return tally.text()
    }

    /// Comes before the outcomes, since a settled run may not enqueue.
    private func writeCommitted(into command: inout RedisCommand) {
        for settlement in settlements where !settlement.committed.isEmpty {
            command.append(settlement.fence.description)
            command.append("enqueue")
            command.append(1)
            command.append(1)
            command.append(settlement.id.text)
            command.append(contentsOf: settlement.committed.bytes)
        }
    }

    private struct Group: Hashable {
        var fence: Fence
        var word: String
        var isDetailed: Bool
        /// Whether the history is told of the runs.
        var isTold: Bool

        init(_ settlement: Settlement) {
            fence = settlement.fence
            word = settlement.entry.word
            isDetailed = settlement.entry.detail != nil
            isTold = settlement.run != nil && settlement.state == .completed
        }
    }

    /// Positions of the settlements, grouped by what they share. Most are like the one before.
    private var groups: [(kind: Group, members: [Int])] {
        var groups: [(kind: Group, members: [Int])] = []
        var places: [Group: Int] = [:]
        var place = 0
        for (index, settlement) in settlements.enumerated() {
            let group = Group(settlement)
            if groups.isEmpty || groups[place].kind != group {
                place = places[group] ?? groups.count
                if place == groups.count {
                    groups.append((group, []))
                    places[group] = place
                }
            }
            groups[place].members.append(index)
        }
        return groups
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        let parts = Array(reply.elements)
        guard (10...11).contains(parts.count), let now = parts[0][0].integer,
            let fence = parts[0][1].string.flatMap({ UInt64($0) }),
            let held = parts[0][2].integer, let come = parts[0][3].integer, let resync = parts[0][4].integer,
            let declared = parts[0][5].integer
        else { throw malformed(Self.name) }
        return Reply(
            now: now, held: held, come: come < 0 ? nil : .milliseconds(come), mustResync: resync == 1,
            declared: declared, gauges: QueueGauges(parts[0][6]), refused: ids(parts[1]), cancel: ids(parts[2]),
            jobs: jobs(parts, Fence(fence), now), messages: OutboxMessage.list(parts[8]),
            outcomes: ServerOutcome.list(parts[9]), hasTicks: parts.count == 11)
    }

    private func jobs(_ parts: [RedisValue], _ fence: Fence, _ now: Int) -> [ClaimedJob] {
        var jobs: [ClaimedJob] = []
        jobs.reserveCapacity(parts[3].count)
        var specs = parts[4].elements.makeIterator()
        var scores = parts[5].elements.makeIterator()
        for id in parts[3].elements {
            guard let text = id.string, let spec = specs.next(), let score = scores.next() else { break }
            jobs.append(
                ClaimedJob(id: JobID(known: text), fence: fence, attempt: 1, score: score, claimedAt: now, spec: spec))
        }
        for row in parts[6].rows(of: 2) {
            guard let position = row[0].integer, jobs.indices.contains(position), let attempt = row[1].integer else { continue }
            jobs[position].attempt = attempt
        }
        for row in parts[7].rows(of: 2) {
            guard let position = row[0].integer, jobs.indices.contains(position) else { continue }
            jobs[position].without = Set(row.text(1).split(separator: ",").map(String.init))
        }
        return jobs
    }
}

/// The job ids in a reply.
func ids(_ reply: RedisValue) -> [JobID] { reply.elements.compactMap { $0.string.map(JobID.init(known:)) } }
