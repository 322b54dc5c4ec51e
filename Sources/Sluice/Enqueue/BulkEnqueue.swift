import SluiceCore
import SluiceStore

/// Sends a sequence of jobs in batches, with a few calls in flight. Adding waits while the limit of calls is reached.
final class BulkEnqueue {
    /// The limit of calls in flight. More calls gain nothing, since Redis works on one at a time.
    private static let inFlight = 4

    private let client: SluiceClient
    private let durability: Durability
    private var batches: [QueueName: Batch] = [:]
    private var full: [(queue: QueueName, batch: Batch)] = []
    private var sendings: [Sending] = []
    private var total = EnqueuedMany()
    private var producers: [QueueName: [Sender.Producer]] = [:]
    private let trace = TraceHeaders.current()

    private struct Batch {
        var jobs: [NewJob]
        var bytes = 0
        /// The place of each job among all jobs of the call.
        var ordinals: [Int] = []
        /// The follow-ups among the jobs, by position.
        var followUps: [Int: Following] = [:]

        init() {
            jobs = []
            jobs.reserveCapacity(Enqueue.mostJobs)
        }
    }

    /// The parent of a job in the batch, and the job's own queue.
    private struct Following {
        var parent: FollowUp
        var queue: QueueName
        /// Whether the caller chose the job's id.
        var isNamed: Bool
    }

    private struct Sending {
        var queue: QueueName
        var batch: Batch
        var task: Task<Sender.Sent, Never>
    }

    /// A handle for each job, in order, if they were asked for.
    private(set) var handles: [JobHandle] = []
    private let keepsHandles: Bool
    private var count = 0

    init(_ client: SluiceClient, _ durability: Durability, keepsHandles: Bool = false) {
        self.client = client
        self.durability = durability
        self.keepsHandles = keepsHandles
    }

    /// The first error, if any; adding more jobs makes no sense then.
    private(set) var failure: SluiceError?

    /// Takes one job of a type. Returns false if the job was refused; `failure` holds the reason.
    func add(_ job: some Job, _ configure: (inout JobRequest) -> Void) -> Bool {
        do throws(SluiceError) {
            return add(try JobRequest(job, configure))
        } catch {
            failure = failure ?? error
            return false
        }
    }

    /// Takes one job. Returns false if the job was refused; `failure` holds the reason.
    func add(_ request: JobRequest) -> Bool {
        do throws(SluiceError) {
            let id = request.id ?? IDs.next()
            let job = try request.encoded(id: id, client.options.payload, trace: trace)
            let queue = try request.queue.validated()
            let place = try request.after?.places[0].validated() ?? queue
            if keepsHandles {
                handles.append(JobHandle(id: id, queue: queue, isNew: true, origin: place == queue ? nil : place))
            }
            if let parent = request.after {
                let following = Following(parent: parent, queue: queue, isNamed: request.id != nil)
                put(parent.following(job, of: queue, at: place), into: place, following: following)
            } else {
                put(job, into: queue)
            }
            return failure == nil
        } catch {
            failure = failure ?? error
            return false
        }
    }

    private func put(_ job: NewJob, into queue: QueueName, following: Following? = nil) {
        var batch = batches.removeValue(forKey: queue) ?? Batch()
        if let following { batch.followUps[batch.jobs.count] = following }
        batch.jobs.append(job)
        batch.ordinals.append(count)
        count += 1
        batch.bytes += job.spec.count
        if batch.jobs.count == Enqueue.mostJobs || batch.bytes + client.options.payloadLimit > CallRoom.mostBytes {
            full.append((queue, batch))
        } else {
            batches[queue] = batch
        }
    }

    /// Whether a full batch waits to be sent.
    var hasFullBatch: Bool { !full.isEmpty }

    /// Sends the full batches, waiting for room in flight.
    func sendFullBatches() async {
        for (queue, batch) in full {
            if sendings.count == Self.inFlight { await takeOne() }
            await send(batch, to: queue)
        }
        full = []
    }

    /// Sends the remaining jobs, even after a failure, and waits for all calls. Returns the counts and the first error.
    func finish() async -> (total: EnqueuedMany, failure: SluiceError?) {
        full.append(contentsOf: batches.map { ($0.key, $0.value) })
        batches = [:]
        await sendFullBatches()
        while !sendings.isEmpty { await takeOne() }
        return (total, failure)
    }

    private func send(_ all: Batch, to queue: QueueName) async {
        let batch: Batch
        do throws(SluiceError) {
            batch = try await withoutKnown(all, of: queue)
        } catch {
            failure = failure ?? error
            return
        }
        if batch.jobs.isEmpty { return }
        let producer = producers[queue]?.popLast() ?? Sender.Producer()
        let batcher = client.batcher(for: queue, durability)
        do throws(SluiceError) {
            try await batcher.sender.register()
        } catch {
            failure = failure ?? error
            return
        }
        let task = await batcher.start(batch.jobs, as: producer)
        sendings.append(Sending(queue: queue, batch: batch, task: task))
    }

    /// The batch without jobs whose own queue has a job of their id: such a job would be dropped on arrival.
    private func withoutKnown(_ batch: Batch, of place: QueueName) async throws(SluiceError) -> Batch {
        let named = batch.followUps.filter { $0.value.isNamed && $0.value.queue != place }
        if named.isEmpty { return batch }
        var dropped: Set<Int> = []
        for (queue, positions) in Dictionary(grouping: named.keys, by: { named[$0]?.queue ?? place }) {
            let known = try await client.sender(for: queue).known(positions.map { batch.jobs[$0].id })
            dropped.formUnion(positions.filter { known.contains(batch.jobs[$0].id) })
        }
        for position in dropped { found(batch.jobs[position].id, at: batch.ordinals[position]) }
        total.existing += dropped.count
        var rest = Batch()
        for (position, job) in batch.jobs.enumerated() where !dropped.contains(position) {
            if let following = batch.followUps[position] { rest.followUps[rest.jobs.count] = following }
            rest.jobs.append(job)
            rest.ordinals.append(batch.ordinals[position])
        }
        return rest
    }

    private func takeOne() async {
        let sending = sendings.removeFirst()
        let sent = await sending.task.value
        producers[sending.queue, default: []].append(sent.producer)
        switch sent.reply {
        case .success(let reply):
            total.count(reply, of: sending.batch.jobs)
            if keepsHandles { find(reply, of: sending.batch) }
            note(client.sender(for: sending.queue).failure(reply, of: sending.batch.jobs))
            for position in reply.refused.keys.sorted() { await follow(position, in: sending.batch) }
        case .failure(let error): failure = failure ?? error
        }
    }

    /// Notes the error of a call. Calls that were on their way together are all unconfirmed, and the error names all their jobs.
    private func note(_ error: SluiceError?) {
        if let error, error.code == .notConfirmed, failure?.code == .notConfirmed {
            failure?.jobs += error.jobs
        } else {
            failure = failure ?? error
        }
    }

    /// Notes the jobs that were there already.
    private func find(_ reply: Enqueue.Reply, of batch: Batch) {
        for position in reply.existing { found(reply.owners[position] ?? batch.jobs[position].id, at: batch.ordinals[position]) }
        for (position, owner) in reply.duplicates { found(owner, at: batch.ordinals[position]) }
    }

    private func found(_ id: JobID, at ordinal: Int) {
        guard keepsHandles else { return }
        handles[ordinal] = JobHandle(id: id, queue: handles[ordinal].queue, isNew: false)
    }

    /// Enqueues a job whose parent was not found in the first place that was asked.
    private func follow(_ position: Int, in batch: Batch) async {
        guard let following = batch.followUps[position] else { return }
        do throws(SluiceError) {
            let job = batch.jobs[position]
            let result = await client.tryFollow(
                following.parent, with: job, of: following.queue, isNamed: following.isNamed, durability)
            switch result {
            case .success(let handle): if keepsHandles { handles[batch.ordinals[position]] = handle }
            case .failure(let error): if let owner = error.owner { found(owner, at: batch.ordinals[position]) }
            }
            try total.count(result, of: job.id)
        } catch {
            failure = failure ?? error
        }
    }
}
