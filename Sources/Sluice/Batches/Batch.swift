public import SluiceCore
import SluiceStore

/// Many jobs whose ends together are told by jobs: one when all completed, one when the first failed, and so on.
///
/// ```swift
/// let batch = try await sluice.openBatch("import", on: [.completed: try JobRequest(Publish())])
/// try await batch.add(files.map { Import(file: $0) })
/// try await batch.seal()
/// ```
/// It is open until it is sealed; after that its own members may still add to it, as long as one of them has not ended. An empty
/// batch that is sealed has completed. A callback is a job of the fixed id `BATCH.EVENT`, enqueued once, though processes die in
/// between; each event fires once. The first end of a member counts, should an operator retry it.
public struct Batch: Sendable {
    /// The batch.
    public let id: BatchID
    let client: SluiceClient

    init(_ id: BatchID, _ client: SluiceClient) {
        self.id = id
        self.client = client
    }

    /// Adds jobs of a type, of any number. When it returns, all are members and enqueued, but for those that are unique and met
    /// an equal job: that is no member, and they are told as existing.
    /// - Throws: `invalidArgument` and the like for a job that is refused, `batchEnded` if the batch is finished or not known;
    ///   what came before, of up to 1,000 jobs at a time, stays.
    @discardableResult
    public func add<Jobs: Sequence>(_ jobs: Jobs) async throws(SluiceError) -> EnqueuedMany where Jobs.Element: Job {
        var part: [JobRequest] = []
        var total = EnqueuedMany()
        for job in jobs {
            part.append(try JobRequest(job))
            if part.count == BatchCall.mostMembers { try await flush(&part, &total) }
        }
        try await flush(&part, &total)
        return total
    }

    /// Adds jobs as requested.
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

    /// Makes the events that tell of all members fire when they come true: no more members come from outside.
    public func seal() async throws(SluiceError) { try await client.relay.seal(id) }

    /// How it stands; nil if there is no such batch, or it finished more than a day ago.
    public func status() async throws(SluiceError) -> BatchStatus? {
        BatchStatus(id, try await client.store.call(ReadBatch(), on: id))
    }

    /// Enqueues first: a member is known by its link, so it does not matter whether it ends before it is added; but one that was
    /// added and never enqueued would be waited for.
    private func flush(_ requests: inout [JobRequest], _ total: inout EnqueuedMany) async throws(SluiceError) {
        if requests.isEmpty { return }
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
                try await add(job, behind: parent, of: queue, isNamed: request.id != nil, &total)
            } else {
                jobs[queue, default: []].append(job)
            }
        }
        requests = []
        for (queue, jobs) in jobs {
            let reply = try await client.send(jobs, to: queue)
            let full = Set(reply.full)
            let new = jobs.enumerated().filter {
                !reply.existing.contains($0.offset) && reply.duplicates[$0.offset] == nil && !full.contains($0.offset)
            }
            if !new.isEmpty { try await client.tell(id, .add(new.map(\.element.id))) }
            total.count(reply, of: jobs)
            if let failure = client.sender(for: queue).failure(reply) { throw failure }
        }
    }

    /// Adds one that follows another job, wherever that is.
    private func add(
        _ job: NewJob, behind parent: FollowUp, of queue: QueueName, isNamed: Bool, _ total: inout EnqueuedMany
    ) async throws(SluiceError) {
        let result = await client.tryFollow(parent, with: job, of: queue, isNamed: isNamed)
        if case .success(let enqueued) = result, enqueued.isNew { try await client.tell(id, .add([job.id])) }
        try total.count(result, of: job.id)
    }
}
