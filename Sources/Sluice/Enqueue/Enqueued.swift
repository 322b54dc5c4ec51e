public import SluiceCore
import SluiceStore

/// What became of a job that was enqueued. Others can follow it, and its result can be waited for.
public struct Enqueued: Sendable, Hashable {
    /// The job; the one that is there, if it was equal to that which was to be enqueued.
    public var id: JobID
    /// The queue that it goes to.
    public var queue: QueueName
    /// False if a job of this id, or an equal one, was there already: nothing was added.
    public var isNew: Bool
    /// The queue in whose slot it waits for the job before it, if that is another one.
    package var origin: QueueName?

    package init(id: JobID, queue: QueueName, isNew: Bool, origin: QueueName? = nil) {
        self.id = id
        self.queue = queue
        self.isNew = isNew
        self.origin = origin
    }
}

extension Enqueued {
    /// What the store told of a job.
    /// - Throws: `duplicate` if an equal one is there and this was to fail then; `queueFull`.
    init(_ job: NewJob, in queue: QueueName, _ fate: Gatherer.Fate, origin: QueueName? = nil) throws(SluiceError) {
        switch fate {
        case .added, .refused: self.init(id: job.id, queue: queue, isNew: true, origin: origin)
        case .existing(let id): self.init(id: id, queue: queue, isNew: false, origin: origin)
        case .full(let retryAfter): throw .queueFull(origin ?? queue, count: 1, retryAfter: retryAfter)
        case .duplicate(let owner):
            var error = SluiceError(
                .duplicate, "\(job.id) was not enqueued: \(owner) of queue \(queue) is equal to it and is there")
            error.owner = owner
            throw error
        }
    }
}

/// What became of many.
public struct EnqueuedMany: Sendable, Hashable {
    /// Jobs that were added.
    public var added = 0
    /// Jobs that were there already, by their id or by what makes them unique.
    public var existing = 0
    /// Jobs that were to fail if an equal one is there, and did. They make the call throw nothing: the others are added.
    public var duplicates = 0
    /// The first 1,000 of them.
    public var duplicated: [Duplicate] = []

    /// The first 1,000 that did not go in because the queue is full, by the ids that they were given.
    package var turnedAway: [JobID] = []

    /// A job that was not added, since an equal one is there.
    public struct Duplicate: Sendable, Hashable {
        /// The id that it was given, or would have had.
        public var id: JobID
        /// The job that is there.
        public var owner: JobID
    }

    /// Counts what became of a call's jobs.
    mutating func count(_ reply: Enqueue.Reply, of jobs: [NewJob]) {
        added += reply.added(of: jobs.count)
        existing += reply.existing.count
        duplicates += reply.duplicates.count
        for (position, owner) in reply.duplicates.sorted(by: { $0.key < $1.key }) where duplicated.count < 1000 {
            duplicated.append(Duplicate(id: jobs[position].id, owner: owner))
        }
        for position in reply.full where turnedAway.count < 1000 { turnedAway.append(jobs[position].id) }
    }

    /// Counts what became of one that was enqueued apart.
    mutating func count(_ result: Result<Enqueued, SluiceError>, of id: JobID) throws(SluiceError) {
        do throws(SluiceError) {
            if try result.get().isNew { added += 1 } else { existing += 1 }
        } catch {
            guard let owner = error.owner else { throw error }
            duplicates += 1
            if duplicated.count < 1000 { duplicated.append(Duplicate(id: id, owner: owner)) }
        }
    }
}
