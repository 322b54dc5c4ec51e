import SluiceCore
import SluiceStore

/// Sends a sequence of jobs in batches, a few of them in flight, and no more: who adds waits while they are all on their way.
final class BulkEnqueue {
    /// Calls in flight. More than a few gain nothing, since Redis works on one at a time.
    private static let inFlight = 4

    private let client: SluiceClient
    private var batches: [QueueName: Batch] = [:]
    private var full: [(queue: QueueName, batch: Batch)] = []
    private var sendings: [Sending] = []
    private var total = EnqueuedMany()
    private var producers: [QueueName: [Sender.Producer]] = [:]
    private let trace = TraceHeaders.current()

    private struct Batch {
        var jobs: [NewJob]
        var bytes = 0
        /// The follow-ups among them, by position.
        var followUps: [Int: Following] = [:]

        init() {
            jobs = []
            jobs.reserveCapacity(Enqueue.mostJobs)
        }
    }

    /// What a job of the batch follows, and its own queue.
    private struct Following {
        var parent: FollowUp
        var queue: QueueName
    }

    private struct Sending {
        var queue: QueueName
        var batch: Batch
        var task: Task<Sender.Sent, Never>
    }

    init(_ client: SluiceClient) { self.client = client }

    /// Whether nothing went wrong so far; adding more makes no sense otherwise.
    private(set) var failure: SluiceError?

    /// Takes one job of a type. False if it was refused: `failure` tells why.
    func add(_ job: some Job, queue: QueueName?) -> Bool {
        do throws(SluiceError) {
            var request = try JobRequest(job)
            if let queue { request.queue = queue }
            return add(request)
        } catch {
            failure = failure ?? error
            return false
        }
    }

    /// Takes one job. False if it was refused: `failure` tells why.
    func add(_ request: JobRequest) -> Bool {
        do throws(SluiceError) {
            let id = request.id ?? IDs.next()
            let job = try request.encoded(id: id, client.options.payload, trace: trace)
            let queue = try request.queue.validated()
            if let parent = request.after {
                let place = try parent.places[0].validated()
                put(parent.following(job, of: queue, at: place), into: place, following: Following(parent: parent, queue: queue))
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
        batch.bytes += job.spec.count
        if batch.jobs.count == Enqueue.mostJobs || batch.bytes + client.options.payloadLimit > Enqueue.mostBytes {
            full.append((queue, batch))
        } else {
            batches[queue] = batch
        }
    }

    /// Whether a batch waits to be sent.
    var hasFullBatch: Bool { !full.isEmpty }

    /// Sends the full batches, when there is room for them in flight.
    func sendFullBatches() async {
        for (queue, batch) in full {
            if sendings.count == Self.inFlight { await takeOne() }
            await send(batch, to: queue)
        }
        full = []
    }

    /// Sends what is left, whatever went wrong, and waits for all. Returns what became of them, and the first error.
    func finish() async -> (total: EnqueuedMany, failure: SluiceError?) {
        full.append(contentsOf: batches.map { ($0.key, $0.value) })
        batches = [:]
        await sendFullBatches()
        while !sendings.isEmpty { await takeOne() }
        return (total, failure)
    }

    private func send(_ batch: Batch, to queue: QueueName) async {
        let producer = producers[queue]?.popLast() ?? Sender.Producer()
        let gatherer = client.gatherer(for: queue)
        do throws(SluiceError) {
            try await gatherer.sender.register()
        } catch {
            failure = failure ?? error
            return
        }
        let task = await gatherer.start(batch.jobs, as: producer)
        sendings.append(Sending(queue: queue, batch: batch, task: task))
    }

    private func takeOne() async {
        let sending = sendings.removeFirst()
        let sent = await sending.task.value
        producers[sending.queue, default: []].append(sent.producer)
        switch sent.reply {
        case .success(let reply):
            total.count(reply, of: sending.batch.jobs)
            failure = failure ?? client.sender(for: sending.queue).failure(reply)
            for position in reply.refused.keys.sorted() { await follow(position, in: sending.batch) }
        case .failure(let error): failure = failure ?? error
        }
    }

    /// One whose parent was not where it was looked for first.
    private func follow(_ position: Int, in batch: Batch) async {
        guard let following = batch.followUps[position] else { return }
        do throws(SluiceError) {
            let job = batch.jobs[position]
            let result = await client.tryFollow(following.parent, with: job, of: following.queue)
            try total.count(result, of: job.id)
        } catch {
            failure = failure ?? error
        }
    }
}
