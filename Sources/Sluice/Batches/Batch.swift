public import SluiceCore
import SluiceStore

/// A group of jobs with callbacks: one job is enqueued when all members completed, one when the first failed, and so on.
///
/// ```swift
/// let batch = try await sluice.openBatch("import", on: [.completed: try JobRequest(Publish())])
/// try await batch.add(files.map { Import(file: $0) })
/// try await batch.seal()
/// ```
/// A batch is open until it is sealed. After that, its own members may still add to it until the last of them has ended. An empty
/// batch completes when it is sealed. A callback is a job with the fixed id `BATCH.EVENT`. Each event fires once and enqueues its
/// callback once, even if processes die in between. If an operator retries a member, its first end still counts.
public struct Batch: Sendable {
    /// Its identity.
    public let id: BatchID
    let client: SluiceClient
    private let durability: Durability

    init(_ id: BatchID, _ client: SluiceClient, _ durability: Durability) {
        self.id = id
        self.client = client
        self.durability = durability
    }

    /// Adds jobs of a type, of any number. When the call returns, all of them are enqueued and members. A unique job that met an
    /// equal one is no member; it counts as existing.
    /// - Parameter configure: sets options of each job that differ from the kind's.
    /// - Throws: `batchEnded` if the batch is finished or not known; `queueFull`; the error of a job that was refused, such as
    ///   `invalidArgument`; `notConfirmed` if jobs are members, without the confirmation. Jobs go in by pages of up to 1,000, and
    ///   each page by queues. What went in before the failure stays; the other queues of its page, and later pages, are left out.
    @discardableResult
    public func add<Jobs: Sequence>(
        _ jobs: Jobs, _ configure: (inout JobRequest) -> Void = { _ in }
    ) async throws(SluiceError) -> EnqueuedMany where Jobs.Element: Job {
        var part: [JobRequest] = []
        var total = EnqueuedMany()
        for job in jobs {
            part.append(try JobRequest(job, configure))
            if part.count == BatchCall.mostMembers { try await flush(&part, &total) }
        }
        try await flush(&part, &total)
        return total
    }

    /// Adds jobs as requested, otherwise like the call for typed jobs.
    /// - Throws: The same errors as that call.
    @discardableResult
    public func add<Requests: Sequence>(
        _ requests: Requests
    ) async throws(SluiceError) -> EnqueuedMany where Requests.Element == JobRequest {
        var part: [JobRequest] = []
        var total = EnqueuedMany()
        for request in requests {
            part.append(request)
            if part.count == BatchCall.mostMembers { try await flush(&part, &total) }
        }
        try await flush(&part, &total)
        return total
    }

    /// Seals the batch: it takes no more members from outside, and events about all members can fire.
    /// - Throws: `batchEnded` if the batch is not known, or finished more than a day ago; `notConfirmed` if it is sealed, without the
    ///   confirmation.
    public func seal() async throws(SluiceError) {
        let shortfall = try await client.relay.seal(id.validated(), durability.validated())
        if let shortfall { throw shortfall.error(for: id, "is sealed") }
    }

    /// The current state; nil if there is no such batch, or if it finished more than a day ago.
    /// - Throws: What the call to Redis throws, such as `unreachable`.
    public func status() async throws(SluiceError) -> BatchStatus? {
        BatchStatus(id, try await client.store.call(ReadBatch(), batch: id.validated()))
    }

    /// Enqueues before it adds. A member is known by its link, so it may end before it is added. A member that was added and
    /// never enqueued would be waited for without end.
    private func flush(_ requests: inout [JobRequest], _ total: inout EnqueuedMany) async throws(SluiceError) {
        if requests.isEmpty { return }
        let durability = try self.durability.validated()
        let link = "batch.\(id)" + (try await client.wantsAttempts(of: id) ? " attempted" : "")
        let trace = TraceHeaders.current()
        var jobs: [QueueName: [NewJob]] = [:]
        for var request in requests {
            request.batch = id
            var job = try request.encoded(
                id: request.id ?? IDs.next(), client.options.payload, trace: trace)
            job.links.append(link)
            let queue = try request.queue.validated()
            if let parent = request.after {
                try await add(job, behind: parent, of: queue, isNamed: request.id != nil, durability, &total)
            } else {
                jobs[queue, default: []].append(job)
            }
        }
        requests = []
        for (queue, jobs) in jobs {
            let reply = try await client.send(jobs, to: queue, durability)
            let full = Set(reply.full)
            let new = jobs.enumerated().filter {
                !reply.existing.contains($0.offset) && reply.duplicates[$0.offset] == nil && !full.contains($0.offset)
            }
            let unknown = try await join(new.map(\.element.id), durability)
            total.count(reply, of: jobs)
            if let failure = client.sender(for: queue).failure(reply, of: jobs) ?? unknown { throw failure }
        }
    }

    /// Makes enqueued jobs members. Returns the error if that is not confirmed.
    private func join(_ jobs: [JobID], _ durability: Durability) async throws(SluiceError) -> SluiceError? {
        if jobs.isEmpty { return nil }
        let shortfall = try await client.relay.tell(id, .add(jobs), durability)
        var error = shortfall?.error(for: id, "has \(jobs.count) more members")
        error?.jobs = jobs
        return error
    }

    /// Adds a job that follows another one, in whichever queue that is.
    private func add(
        _ job: NewJob, behind parent: FollowUp, of queue: QueueName, isNamed: Bool, _ durability: Durability,
        _ total: inout EnqueuedMany
    ) async throws(SluiceError) {
        let result = await client.tryFollow(parent, with: job, of: queue, isNamed: isNamed, durability)
        var unknown: SluiceError?
        switch result {
        case .success(let enqueued): if enqueued.isNew { unknown = try await join([job.id], durability) }
        // The job is in Redis, so it has to be a member as well.
        case .failure(let error):
            if error.code == .notConfirmed, error.isNew == true { unknown = try await join([job.id], .primary) }
        }
        try total.count(result, of: job.id)
        if let unknown { throw unknown }
    }
}
