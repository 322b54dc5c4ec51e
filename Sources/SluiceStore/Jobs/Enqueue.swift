package import Hiredis
package import SluiceCore

/// A job to enqueue.
package struct NewJob: Sendable {
    package var id: JobID
    /// The spec as JSON text.
    package var spec: [UInt8]
    package var due: DueTime
    /// Time from the enqueue after which it is cancelled unless it has ended.
    package var deadline: Duration?
    package var priority: Int
    package var lane: String
    /// The parent whose end it waits for, in the queue that the call goes to.
    package var after: After?

    /// The parent of a follow-up.
    package struct After: Sendable, Hashable {
        package var parent: JobID
        package var policy: FailurePolicy
        /// The queue of the follow-up, if it differs from the parent's.
        package var target: QueueName?

        package init(parent: JobID, policy: FailurePolicy, target: QueueName? = nil) {
            self.parent = parent
            self.policy = policy
            self.target = target
        }
    }
    /// The recipients of its end, in the form of `lua/jobs/links.lua`.
    package var links: [String] = []
    /// The webhook for its events.
    package var notify: Notify?
    /// Whether it holds its chain when it is discarded.
    package var holds: Bool
    /// Its claim to a fingerprint.
    package var unique: UniqueClaim?

    package init(id: JobID, spec: [UInt8], due: DueTime = .now, priority: Int = 5, lane: String = "", holds: Bool = false) {
        self.id = id
        self.spec = spec
        self.due = due
        self.priority = priority
        self.lane = lane
        self.holds = holds
    }

    /// Options that differ from the defaults, as JSON; nil if there are none.
    package var options: String? { options(withKey: true) }

    /// Whether its fingerprint travels apart from its options, so that jobs that differ only in it share them. A job for another
    /// queue claims its fingerprint there.
    var hasKey: Bool { unique != nil && after?.target == nil }

    func options(withKey: Bool) -> String? {
        if due == .now, priority == 5, lane.isEmpty, after == nil, links.isEmpty, notify == nil, !holds, unique == nil,
            deadline == nil
        {
            return nil
        }
        var members: [String] = []
        if let after {
            members.append("\"after\":{\"id\":\(JSONText.quoted(after.parent.text)),\"failed\":\"\(after.policy.rawValue)\"}")
            if let target = after.target { members.append("\"target\":\"\(target)\"") }
        }
        switch due {
        case .now: break
        case .after(let wait): if wait > .zero { members.append("\"delay\":\(wait.milliseconds)") }
        case .at(let date): members.append("\"at\":\(DueTime.milliseconds(date))")
        }
        if let deadline { members.append("\"deadline\":\(deadline.milliseconds)") }
        if priority != 5 { members.append("\"priority\":\(priority)") }
        if !lane.isEmpty { members.append("\"lane\":\(JSONText.quoted(lane))") }
        if !links.isEmpty { members.append("\"links\":[\(links.map { JSONText.quoted($0) }.joined(separator: ","))]") }
        if let notify { members.append("\"notify\":\(notify.json)") }
        if holds { members.append("\"hold\":true") }
        if let unique = unique?.json(withKey: withKey) { members.append("\"unique\":\(unique)") }
        return members.isEmpty ? nil : "{" + members.joined(separator: ",") + "}"
    }
}

/// Enqueues jobs: `lua/jobs/enqueue.lua`. At most 1,000 in a call.
package struct Enqueue: StoreFunction {
    package static let name = "enqueue"
    /// Maximum number of jobs in one call.
    package static let mostJobs = 1000
    /// The room of a call. Bytes are those of the specs.
    package static let room = CallRoom(items: mostJobs)

    /// The result for each job, by position.
    package struct Reply: Sendable, Hashable {
        /// Jobs that were not added, since a job with the same id or fingerprint exists.
        package var existing: Set<Int> = []
        /// The existing jobs, for those of `existing` that have another id.
        package var owners: [Int: JobID] = [:]
        /// Jobs that were rejected as duplicates, and the existing job of their fingerprint.
        package var duplicates: [Int: JobID] = [:]
        /// Jobs that were not added because their parent is not in the queue.
        package var refused: [Int: Refusal] = [:]
        /// Jobs that were not added because the queue is at its depth limit, in order; and the time until the next try.
        package var full: [Int] = []
        package var retryAfter: Duration = .zero
        /// For a durable call: why the jobs are not confirmed, if so.
        package var shortfall: Shortfall?

        /// Replaces the results at some positions by those of a later call.
        package mutating func merge(_ later: Reply, at positions: [Int]) {
            existing.formUnion(later.existing.map { positions[$0] })
            owners.merge(later.owners.map { (positions[$0.key], $0.value) }) { $1 }
            duplicates.merge(later.duplicates.map { (positions[$0.key], $0.value) }) { $1 }
            refused.merge(later.refused.map { (positions[$0.key], $0.value) }) { $1 }
            full = later.full.map { positions[$0] }
            retryAfter = later.retryAfter
            shortfall = shortfall ?? later.shortfall
        }

        /// Whether the job at a position is in the queue: added, or found there.
        package func isStored(_ position: Int) -> Bool {
            refused[position] == nil && duplicates[position] == nil && !full.contains(position)
        }

        /// How many of `count` jobs were added.
        package func added(of count: Int) -> Int { count - existing.count - duplicates.count - refused.count - full.count }
    }

    /// Where the parent is, if it is not in the queue.
    package enum Refusal: String, Sendable, Hashable {
        /// Unknown.
        case orphan
        /// On its way to its own queue.
        case moving
    }

    package var producer: String
    /// Rises with each call of the producer. A repeated number changes nothing.
    package var number: Int
    package var jobs: [NewJob]

    package init(producer: String, number: Int, jobs: [NewJob]) {
        self.producer = producer
        self.number = number
        self.jobs = jobs
    }

    package var size: (arguments: Int, bytes: Int) {
        (4 + 3 * jobs.count, jobs.reduce(64) { $0 + 50 + $1.spec.count })
    }

    package func write(into command: inout RedisCommand) {
        command.append(producer)
        command.append(number)
        command.append(jobs.count)
        for job in jobs {
            command.append(job.id.text)
            command.append(contentsOf: job.spec)
        }
        writeOptions(into: &command)
        if jobs.contains(where: \.hasKey) {
            command.append("keys")
            for job in jobs { command.append(job.hasKey ? job.unique?.fingerprint ?? "*" : "*") }
        }
    }

    private func writeOptions(into command: inout RedisCommand) {
        if let options = commonOptions {
            command.append("*")
            command.append(options)
            return
        }
        for (position, job) in jobs.enumerated() {
            guard let options = job.options(withKey: !job.hasKey) else { continue }
            command.append(position)
            command.append(options)
        }
    }

    /// The options of all jobs that differ from the defaults, if they are the same.
    private var commonOptions: String? {
        func options(_ job: NewJob) -> String? { job.options(withKey: !job.hasKey) }
        guard jobs.count > 1, let first = jobs.first.flatMap(options), jobs.last.flatMap(options) == first else { return nil }
        return jobs.allSatisfy { options($0) == first } ? first : nil
    }

    package func read(_ reply: RedisValue) throws(SluiceError) -> Reply {
        guard reply.kind == .array, reply.count % 3 == 0 else { throw malformed(Self.name) }
        var answer = Reply()
        for row in reply.rows(of: 3) {
            guard let position = row[0].integer, jobs.indices.contains(position), let word = row[1].string,
                let id = row[2].string
            else { throw malformed(Self.name) }
            if let refusal = Refusal(rawValue: word) {
                answer.refused[position] = refusal
            } else if word == "full" {
                answer.full.append(position)
                answer.retryAfter = .milliseconds(Int(id) ?? 0)
            } else if word == "duplicate" {
                answer.duplicates[position] = JobID(known: id)
            } else {
                answer.existing.insert(position)
                if id != jobs[position].id.text { answer.owners[position] = JobID(known: id) }
            }
        }
        return answer
    }
}
