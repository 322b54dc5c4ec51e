import SluiceCore
import SluiceStore

/// Sends a sequence of jobs in batches, a few of them in flight, and no more: who adds waits while they are all on their way.
struct BulkEnqueue {
    /// Calls in flight. More than a few gain nothing, since Redis works on one at a time.
    private static let inFlight = 4

    private let client: SluiceClient
    private var batches: [QueueName: Batch] = [:]
    private var sendings: [Task<Sent, Never>] = []
    private var total = EnqueuedMany()
    private var producers: [QueueName: [Sender.Producer]] = [:]
    private let trace = TraceHeaders.current()

    private struct Batch {
        var jobs: [NewJob] = []
        var bytes = 0
    }

    private struct Sent: Sendable {
        var queue: QueueName
        var jobs: Int
        var producer: Sender.Producer
        var existing: Result<Set<Int>, SluiceError>
    }

    init(_ client: SluiceClient) { self.client = client }

    /// Takes one job, and sends a batch when that fills it.
    mutating func add(_ request: JobRequest) async throws(SluiceError) {
        let queue = request.queue
        let job = try request.encoded(id: request.id ?? IDs.next(), limit: client.options.payloadLimit, trace: trace)
        var batch = batches.removeValue(forKey: queue) ?? Batch(jobs: Self.emptyBatch())
        batch.jobs.append(job)
        batch.bytes += job.spec.count
        let isFull = batch.jobs.count == Enqueue.mostJobs || batch.bytes + client.options.payloadLimit > Enqueue.mostBytes
        if isFull { try await send(batch, to: queue) } else { batches[queue] = batch }
    }

    private static func emptyBatch() -> [NewJob] {
        var jobs: [NewJob] = []
        jobs.reserveCapacity(Enqueue.mostJobs)
        return jobs
    }

    /// Sends what is left and waits for all.
    mutating func finish() async throws(SluiceError) -> EnqueuedMany {
        for (queue, batch) in batches { try await send(batch, to: queue) }
        batches = [:]
        if let error = await settle() { throw error }
        return total
    }

    /// Waits for what is on its way. Returns the first error.
    mutating func settle() async -> SluiceError? {
        var first: SluiceError?
        while !sendings.isEmpty {
            do throws(SluiceError) { try await takeOne() } catch { first = first ?? error }
        }
        return first
    }

    private mutating func send(_ batch: Batch, to queue: QueueName) async throws(SluiceError) {
        if sendings.count == Self.inFlight { try await takeOne() }
        let sender = client.sender(for: try queue.validated())
        let producer = producers[queue]?.popLast() ?? Sender.Producer()
        sendings.append(
            Task {
                var producer = producer
                do throws(SluiceError) {
                    let existing = try await sender.send(batch.jobs, as: &producer)
                    return Sent(queue: queue, jobs: batch.jobs.count, producer: producer, existing: .success(existing))
                } catch {
                    return Sent(queue: queue, jobs: batch.jobs.count, producer: producer, existing: .failure(error))
                }
            })
    }

    private mutating func takeOne() async throws(SluiceError) {
        let sent = await sendings.removeFirst().value
        producers[sent.queue, default: []].append(sent.producer)
        let existing = try sent.existing.get().count
        total.existing += existing
        total.added += sent.jobs - existing
    }
}
