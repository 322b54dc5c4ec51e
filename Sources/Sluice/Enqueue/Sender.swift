import Metrics
import NIOCore
import SluiceCore
import SluiceStore
import Synchronization

/// Sends batches of jobs of one queue, each as a numbered call of a producer, and repeats a call that was cut off.
///
/// A producer has one call in flight, and the number of its calls rises, so a repeated call changes nothing on the server.
/// What fails for good was refused; what fails with `outcomeUnknown` may have been added.
final class Sender: Sendable {
    /// One of the calls that may be in flight at the same time.
    struct Producer: Sendable {
        fileprivate let id: String
        fileprivate var calls = 0

        init() { id = "\(UInt64.random(in: .min ... .max))" }
    }

    /// What became of a batch, and the producer for the next one.
    struct Sent: Sendable {
        var producer: Producer
        var reply: Result<Enqueue.Reply, SluiceError>
    }

    private let store: Store
    private let relay: Relay
    private let queue: QueueName
    private let patience: Duration
    private let isRegistered = Mutex(false)
    private let backPressure: BackPressure
    private let enqueued: Counter
    private let refused: Counter

    init(store: Store, relay: Relay, queue: QueueName, patience: Duration, backPressure: BackPressure) {
        self.store = store
        self.relay = relay
        self.queue = queue
        self.patience = patience
        self.backPressure = backPressure
        self.enqueued = Counter(label: "sluice_jobs_enqueued_total", dimensions: [("queue", queue.text)])
        self.refused = Counter(label: "sluice_jobs_refused_full_total", dimensions: [("queue", queue.text)])
    }

    /// Sends at most a call's worth of jobs; those for which there is no room as often as this client waits for it. Returns which were
    /// not added.
    func send(_ jobs: [NewJob], as producer: inout Producer) async throws(SluiceError) -> Enqueue.Reply {
        try await register()
        var reply = try await sendOnce(jobs, as: &producer)
        if reply.full.isEmpty { return reply }
        if case .wait(let most) = backPressure { try await sendAgain(jobs, &reply, for: most, as: &producer) }
        refused.increment(by: reply.full.count)
        return reply
    }

    /// Sends those again that found no room, until all are in or the time is over.
    private func sendAgain(
        _ jobs: [NewJob], _ reply: inout Enqueue.Reply, for most: Duration, as producer: inout Producer
    ) async throws(SluiceError) {
        let end = ContinuousClock.now + most
        while !reply.full.isEmpty {
            let left = end - ContinuousClock.now
            if left <= .zero { return }
            // Clients that were refused together do not come back together.
            let pause = max(reply.retryAfter, .milliseconds(20)) * Double.random(in: 0.75...1.25)
            await store.eventLoop.pause(min(pause, left))
            let positions = reply.full
            reply.merge(try await sendOnce(positions.map { jobs[$0] }, as: &producer), at: positions)
        }
    }

    private func sendOnce(_ jobs: [NewJob], as producer: inout Producer) async throws(SluiceError) -> Enqueue.Reply {
        producer.calls += 1
        let call = Enqueue(producer: producer.id, number: producer.calls, jobs: jobs)
        let reply = try await repeating { () async throws(SluiceError) in try await store.call(call, on: queue) }
        enqueued.increment(by: reply.added(of: jobs.count))
        // The job before may have ended: then this one goes to its own queue, or is cancelled, which others may want to hear of.
        if jobs.contains(where: { $0.after != nil }) { await relay.relay(queue) }
        return reply
    }

    /// What those are told that found no room.
    func failure(_ reply: Enqueue.Reply) -> SluiceError? {
        if reply.full.isEmpty { return nil }
        return .queueFull(queue, count: reply.full.count, retryAfter: reply.retryAfter)
    }

    /// Those of some ids that the queue knows: see ``Store/known(_:in:)``.
    func known(_ ids: [JobID]) async throws(SluiceError) -> Set<JobID> {
        try await repeating { () async throws(SluiceError) in try await store.known(ids, in: queue) }
    }

    /// Makes the queue known once, before its first jobs: no error may come after they are in. To keep the order of several calls,
    /// wait for this before the first.
    func register() async throws(SluiceError) {
        if isRegistered.withLock({ $0 }) { return }
        try await repeating { () async throws(SluiceError) in try await store.register(queue) }
        isRegistered.withLock { $0 = true }
    }

    private func repeating<Reply>(
        _ call: () async throws(SluiceError) -> Reply
    ) async throws(SluiceError) -> Reply {
        try await store.repeating(for: patience, heedsCancellation: false, call)
    }
}

extension SluiceError {
    static func queueFull(_ queue: QueueName, count: Int, retryAfter: Duration) -> SluiceError {
        let jobs = count == 1 ? "a job" : "\(count) jobs"
        var error = SluiceError(
            .queueFull, "queue \(queue) is full: \(jobs) did not go in; there may be room in \(retryAfter.milliseconds) ms")
        error.retryAfter = retryAfter
        return error
    }
}
