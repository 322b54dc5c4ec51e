import Metrics
import NIOCore
import SluiceCore
import SluiceStore
import Synchronization

/// Sends batches of jobs to one queue, each as a numbered call of a producer, and repeats a call that was cut off.
///
/// A producer has one call in flight, and the numbers of its calls rise, so a repeated call changes nothing on the server. Jobs
/// of a call that fails for good were refused; after `outcomeUnknown` they may have been added.
final class Sender: Sendable {
    /// A numbered sequence of calls. Several producers may have a call in flight at the same time.
    struct Producer: Sendable {
        fileprivate let id: String
        fileprivate var calls = 0

        init() { id = "\(UInt64.random(in: .min ... .max))" }

        fileprivate mutating func nextCall(of jobs: [NewJob]) -> Enqueue {
            calls += 1
            return Enqueue(producer: id, number: calls, jobs: jobs)
        }
    }

    /// The reply to a batch, with the producer for the next one.
    struct Sent: Sendable {
        var producer: Producer
        var reply: Result<Enqueue.Reply, SluiceError>
    }

    private let store: Store
    private let relay: Relay
    private let queue: QueueName
    private let patience: Duration
    private let isRegistered = Atomic(false)
    private let backPressure: BackPressure
    private let durability: Durability
    private let enqueued: Counter
    private let refused: Counter

    init(
        store: Store, relay: Relay, queue: QueueName, patience: Duration, backPressure: BackPressure,
        durability: Durability
    ) {
        self.store = store
        self.relay = relay
        self.queue = queue
        self.patience = patience
        self.backPressure = backPressure
        self.durability = durability
        self.enqueued = Counter(label: "sluice_jobs_enqueued_total", dimensions: [("queue", queue.text)])
        self.refused = Counter(label: "sluice_jobs_refused_full_total", dimensions: [("queue", queue.text)])
    }

    /// Sends jobs that fit into one call, and passes on the reply: on the event loop, or from a task.
    ///
    /// A call that succeeds at once, as nearly all do, costs no task. Otherwise a task repeats it: the reply is the same then.
    func send(_ jobs: [NewJob], as producer: Producer, then pass: @escaping @Sendable (Sent) -> Void) {
        guard durability == .primary, isRegistered.load(ordering: .acquiring), !jobs.contains(where: { $0.after != nil }) else {
            Task { pass(await sent(jobs, as: producer)) }
            return
        }
        var next = producer
        let start = ContinuousClock.now
        store.call(next.nextCall(of: jobs), on: queue) { [self, next] result in
            guard case .success(let reply) = result, reply.full.isEmpty else {
                let left = patience - (ContinuousClock.now - start)
                if case .failure = result, left <= .zero { return pass(Sent(producer: next, reply: result)) }
                Task { pass(await sent(jobs, as: producer, patience: left)) }
                return
            }
            enqueued.increment(by: reply.added(of: jobs.count))
            pass(Sent(producer: next, reply: result))
        }
    }

    /// Sends jobs like ``send(_:as:)``, with the error as a value.
    func sent(_ jobs: [NewJob], as producer: Producer, patience: Duration? = nil) async -> Sent {
        var producer = producer
        do throws(SluiceError) {
            let reply = try await send(jobs, as: &producer, patience: patience)
            return Sent(producer: producer, reply: .success(reply))
        } catch {
            return Sent(producer: producer, reply: .failure(error))
        }
    }

    /// Sends jobs that fit into one call. Retries rejected jobs until `backPressure` runs out; the reply tells which are still
    /// rejected.
    /// - Parameter patience: what is left of it for the first call.
    func send(
        _ jobs: [NewJob], as producer: inout Producer, patience: Duration? = nil
    ) async throws(SluiceError) -> Enqueue.Reply {
        try await register()
        var reply = try await sendOnce(jobs, as: &producer, patience: patience)
        if reply.full.isEmpty { return reply }
        if case .wait(let most) = backPressure { try await sendAgain(jobs, &reply, for: most, as: &producer) }
        refused.increment(by: reply.full.count)
        return reply
    }

    /// Sends the rejected jobs again, until all are in or the time is over.
    private func sendAgain(
        _ jobs: [NewJob], _ reply: inout Enqueue.Reply, for most: Duration, as producer: inout Producer
    ) async throws(SluiceError) {
        let end = ContinuousClock.now + most
        while !reply.full.isEmpty {
            let left = end - ContinuousClock.now
            if left <= .zero { return }
            // Spreads out clients that were rejected together.
            let pause = max(reply.retryAfter, .milliseconds(20)) * Double.random(in: 0.75...1.25)
            await store.eventLoop.pause(min(pause, left))
            let positions = reply.full
            reply.merge(try await sendOnce(positions.map { jobs[$0] }, as: &producer), at: positions)
        }
    }

    private func sendOnce(
        _ jobs: [NewJob], as producer: inout Producer, patience: Duration? = nil
    ) async throws(SluiceError) -> Enqueue.Reply {
        let call = producer.nextCall(of: jobs)
        let confirmed = try await repeating(for: patience) { () async throws(SluiceError) in
            try await store.call(call, on: queue, durability)
        }
        var reply = confirmed.reply
        reply.shortfall = confirmed.shortfall
        enqueued.increment(by: reply.added(of: jobs.count))
        // The parent may have ended. Then the follower goes to its own queue or is cancelled, and the relay has messages to
        // deliver.
        if jobs.contains(where: { $0.after != nil }) { await relay.relay(queue) }
        return reply
    }

    /// The error for jobs that are not confirmed, or were rejected by the depth limit.
    func failure(_ reply: Enqueue.Reply, of jobs: [NewJob]) -> SluiceError? {
        if let shortfall = reply.shortfall {
            let stored = jobs.indices.filter(reply.isStored).map { reply.owners[$0] ?? jobs[$0].id }
            if !stored.isEmpty { return shortfall.error(for: stored, in: queue) }
        }
        if reply.full.isEmpty { return nil }
        return .queueFull(queue, count: reply.full.count, retryAfter: reply.retryAfter)
    }

    /// The ids that the queue knows; see ``Store/known(_:in:)``.
    func known(_ ids: [JobID]) async throws(SluiceError) -> Set<JobID> {
        try await repeating { () async throws(SluiceError) in try await store.known(ids, in: queue) }
    }

    /// Registers the queue once, before its first jobs: no error may follow once jobs are in. To keep several calls in order,
    /// wait for this before the first of them.
    func register() async throws(SluiceError) {
        if isRegistered.load(ordering: .acquiring) { return }
        try await repeating { () async throws(SluiceError) in try await store.register(queue) }
        isRegistered.store(true, ordering: .releasing)
    }

    private func repeating<Reply>(
        for patience: Duration? = nil, _ call: () async throws(SluiceError) -> Reply
    ) async throws(SluiceError) -> Reply {
        try await store.repeating(for: patience ?? self.patience, heedsCancellation: false, call)
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
