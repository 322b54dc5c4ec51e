package import SluiceCore
import Synchronization

/// One run of the relay: its calls on other queues. It records the queues whose outboxes may hold messages because of them, so
/// that these are relayed as well.
package final class RelayRun: Sendable {
    /// How long knowledge from one slot may be used in another, in ms by the server's clock.
    static let validity = 60_000

    package typealias Claim = @Sendable (QueueName) -> Bool

    let store: Store
    private let known: KnownQueues
    private let claims: Claim
    private let marked = Mutex<Set<QueueName>>([])

    init(_ store: Store, _ known: KnownQueues, _ claims: @escaping Claim) {
        self.store = store
        self.known = known
        self.claims = claims
    }

    /// Records that the outbox of a queue may hold messages that no relay carries.
    func mark(_ queue: QueueName) { marked.withLock { _ = $0.insert(queue) } }

    /// Takes one of the recorded queues.
    func takeMarked() -> QueueName? { marked.withLock { $0.popFirst() } }

    /// Delivers jobs to their queue. Repeating it is harmless.
    /// - Parameters:
    ///   - now: when it was known that they are due, by the clock of the node of `source`.
    ///   - source: the key whose node said so.
    func deliver(
        _ items: [Deliver.Item], to queue: QueueName, at now: Int, of source: String, kept: Duration? = nil
    ) async throws(SluiceError) {
        try await known.register(queue, in: store)
        let due = try await store.moment(now, of: source, for: store.keys.base(queue))
        // The worker's call follows on the same connection, in the same round trip. In a cluster this call may be repeated, behind
        // the worker's.
        let wakes = kept != nil || store.isCluster || !claims(queue)
        let call = Deliver(validUntil: due + Self.validity, items: items, kept: kept, wakes: wakes)
        let new = try await store.call(call, on: queue)
        // A job that meets an equal one is cancelled on arrival, which may have to be reported.
        if new < items.count { mark(queue) }
    }

    /// Reports the end of a job to its followers, which stayed in the slot of a queue.
    func tell(_ job: JobID, _ state: OutboxMessage.EndState, in queue: QueueName) async throws(SluiceError) {
        if try await store.call(Tell(state, [job]), on: queue) { mark(queue) }
    }

    func cancel(_ jobs: [JobID], in queue: QueueName) async throws(SluiceError) {
        _ = try await store.call(ChangeJobs(.cancel, jobs), on: queue)
        mark(queue)
    }
}

/// Queues that are registered already.
final class KnownQueues: Sendable {
    private let names = Mutex<Set<QueueName>>([])

    func register(_ queue: QueueName, in store: Store) async throws(SluiceError) {
        if names.withLock({ $0.contains(queue) }) { return }
        try await store.register(queue)
        names.withLock { _ = $0.insert(queue) }
    }
}
