public import SluiceCore
import SluiceStore

/// A job that other jobs can follow: ``Enqueued`` or ``JobHandle``.
public protocol JobReference: Sendable {
    /// The job, whatever its kind.
    var handle: JobHandle { get }
}

/// A handle for a job of any kind, by its id and queue.
public struct JobHandle: Sendable, Hashable, JobReference {
    /// The id of the job; for a job that was equal to a live one, the id of that one.
    public let id: JobID
    /// The queue that it goes to.
    public let queue: QueueName
    /// Whether the call that returned this handle added the job. False if a job of this id, or an equal one, was there already,
    /// and for a handle that was made from an id.
    public let isNew: Bool
    /// The queue in whose slot the job waits for its parent, if that is another queue.
    package let origin: QueueName?

    /// The handle itself.
    public var handle: JobHandle { self }

    /// A handle for a job by its id. Nothing is sent. A job that follows one of another queue is found once it has arrived in its
    /// own queue.
    public init(_ id: JobID, in queue: QueueName) { self.init(id: id, queue: queue, isNew: false) }

    package init(id: JobID, queue: QueueName, isNew: Bool, origin: QueueName? = nil) {
        self.id = id
        self.queue = queue
        self.isNew = isNew
        self.origin = origin
    }
}

/// A handle for a job that was enqueued. Other jobs can follow it, and its output can be waited for:
/// ``SluiceClient/result(of:timeout:)``.
public struct Enqueued<Kind: Job>: Sendable, Hashable, JobReference {
    /// The job without its kind.
    public let handle: JobHandle

    /// The id of the job; for a job that was equal to a live one, the id of that one.
    public var id: JobID { handle.id }
    /// The queue that it goes to.
    public var queue: QueueName { handle.queue }
    /// Whether the job was added. False if a job of this id, or an equal one, was there already.
    public var isNew: Bool { handle.isNew }

    /// A handle for a job that is known to be of this kind.
    public init(_ kind: Kind.Type = Kind.self, _ handle: JobHandle) { self.handle = handle }

    /// A handle for a job by its id, in the kind's queue unless another one is given. Nothing is sent.
    public init(_ kind: Kind.Type, id: JobID, in queue: QueueName? = nil) {
        handle = JobHandle(id, in: queue ?? Kind.options.queue)
    }
}

extension JobHandle {
    /// Reads the outcome of an enqueue in the store.
    /// - Throws: `duplicate` if an equal job is there and the request asked to fail; `queueFull`; `notConfirmed`.
    init(_ job: NewJob, in queue: QueueName, _ outcome: EnqueueBatcher.Outcome, origin: QueueName? = nil) throws(SluiceError) {
        switch outcome {
        case .added, .refused: self.init(id: job.id, queue: queue, isNew: true, origin: origin)
        case .existing(let id): self.init(id: id, queue: queue, isNew: false, origin: origin)
        case .unconfirmed(let id, let isNew, let shortfall):
            var error = shortfall.error(for: [id], in: origin ?? queue)
            error.isNew = isNew
            throw error
        case .full(let retryAfter): throw .queueFull(origin ?? queue, count: 1, retryAfter: retryAfter)
        case .duplicate(let owner):
            var error = SluiceError(
                .duplicate, "\(job.id) was not enqueued: \(owner) of queue \(queue) is equal to it and is there")
            error.owner = owner
            throw error
        }
    }
}

/// The counts of a call that enqueued many jobs.
public struct EnqueuedMany: Sendable, Hashable {
    /// The number of jobs that were added.
    public var added = 0
    /// The number of jobs that were there already, by id or by uniqueness.
    public var existing = 0
    /// The number of jobs that met an equal one and asked to fail. They do not make the call throw; the other jobs are added.
    public var duplicates = 0
    /// The first 1,000 of these duplicates.
    public var duplicated: [Duplicate] = []

    /// The ids of the first 1,000 jobs that were rejected by the depth limit.
    package var turnedAway: [JobID] = []

    /// A job that was not added because an equal one is there.
    public struct Duplicate: Sendable, Hashable {
        /// The id that the request had, or would have had.
        public var id: JobID
        /// The id of the job that is there.
        public var owner: JobID
    }

    /// Counts the jobs of a call.
    mutating func count(_ reply: Enqueue.Reply, of jobs: [NewJob]) {
        added += reply.added(of: jobs.count)
        existing += reply.existing.count
        duplicates += reply.duplicates.count
        for (position, owner) in reply.duplicates.sorted(by: { $0.key < $1.key }) where duplicated.count < 1000 {
            duplicated.append(Duplicate(id: jobs[position].id, owner: owner))
        }
        for position in reply.full where turnedAway.count < 1000 { turnedAway.append(jobs[position].id) }
    }

    /// Counts a job that was enqueued by itself.
    mutating func count(_ result: Result<JobHandle, SluiceError>, of id: JobID) throws(SluiceError) {
        do throws(SluiceError) {
            if try result.get().isNew { added += 1 } else { existing += 1 }
        } catch {
            guard let owner = error.owner else { throw error }
            duplicates += 1
            if duplicated.count < 1000 { duplicated.append(Duplicate(id: id, owner: owner)) }
        }
    }
}
