package import Hiredis
package import SluiceCore

/// A job on its way in.
package struct NewJob: Sendable {
    /// When a job that is not to run at once is due.
    package enum Due: Sendable, Hashable {
        /// From now by the server's clock.
        case after(Duration)
        /// In ms since 1970.
        case at(Int)
    }

    package var id: JobID
    /// The spec as JSON text.
    package var spec: [UInt8]
    package var due: Due?
    package var priority: Int
    package var lane: String
    /// What is to be told when it ends, as `lua/links.lua` has it.
    package var links: [String] = []
    /// Whether it holds its chain when it is discarded.
    package var holds: Bool

    package init(id: JobID, spec: [UInt8], due: Due? = nil, priority: Int = 5, lane: String = "", holds: Bool = false) {
        self.id = id
        self.spec = spec
        self.due = due
        self.priority = priority
        self.lane = lane
        self.holds = holds
    }

    /// What is out of the plain case, as JSON; nil for nothing.
    package var options: String? {
        if due == nil, priority == 5, lane.isEmpty, links.isEmpty, !holds { return nil }
        var members: [String] = []
        switch due {
        case .after(let wait): members.append("\"delay\":\(wait.milliseconds)")
        case .at(let time): members.append("\"at\":\(max(time, 0))")
        case nil: break
        }
        if priority != 5 { members.append("\"priority\":\(priority)") }
        if !lane.isEmpty { members.append("\"lane\":\(JSONText.quoted(lane))") }
        if !links.isEmpty { members.append("\"links\":[\(links.map { JSONText.quoted($0) }.joined(separator: ","))]") }
        if holds { members.append("\"hold\":true") }
        return "{" + members.joined(separator: ",") + "}"
    }
}

/// Puts jobs in: `lua/enqueue.lua`. At most 1,000 in a call.
package struct Enqueue: StoreFunction {
    package static let name = "enqueue"
    /// Jobs that one call can carry.
    package static let mostJobs = 1000
    /// Bytes of specs above which a call is closed.
    package static let mostBytes = 4 << 20

    package var producer: String
    /// Rises with each call of the producer; the same number again changes nothing.
    package var number: Int
    package var jobs: [NewJob]

    package init(producer: String, number: Int, jobs: [NewJob]) {
        self.producer = producer
        self.number = number
        self.jobs = jobs
    }

    package var size: (arguments: Int, bytes: Int) {
        (3 + 2 * jobs.count, jobs.reduce(64) { $0 + 26 + $1.spec.count })
    }

    package func write(into command: inout RedisCommand) {
        command.append(producer)
        command.append(number)
        command.append(jobs.count)
        for job in jobs {
            command.append(job.id.text)
            command.append(contentsOf: job.spec)
        }
        for (position, job) in jobs.enumerated() {
            guard let options = job.options else { continue }
            command.append(position)
            command.append(options)
        }
    }

    /// Positions of the jobs that were there already; all others were added.
    package func read(_ reply: RedisValue) throws(SluiceError) -> Set<Int> {
        guard reply.kind == .array else { throw malformed(Self.name) }
        var existing: Set<Int> = []
        for (index, value) in reply.elements.enumerated() where index % 3 == 0 {
            guard let position = value.integer, jobs.indices.contains(position) else { throw malformed(Self.name) }
            existing.insert(position)
        }
        return existing
    }
}
