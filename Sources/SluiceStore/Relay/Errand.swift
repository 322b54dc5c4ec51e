import SluiceCore
import Synchronization

/// The calls on other queues that one relay makes. It takes note of the queues whose outbox may hold messages because of them, so
/// that these are relayed as well.
package final class Errand: Sendable {
    /// Ms by the server's clock for which what was learned from one slot may be acted on in another.
    static let validity = 60_000

    let store: Store
    private let known: KnownQueues
    private let stirred = Mutex<Set<QueueName>>([])

    init(_ store: Store, _ known: KnownQueues) {
        self.store = store
        self.known = known
    }

    /// Notes that the outbox of a queue may hold messages that nobody carries.
    func stir(_ queue: QueueName) { stirred.withLock { _ = $0.insert(queue) } }

    /// Takes one of the queues that were noted.
    func takeStirred() -> QueueName? { stirred.withLock { $0.popFirst() } }

    /// Brings jobs into their queue. Repeating it is harmless.
    func deliver(
        _ items: [Deliver.Item], to queue: QueueName, at now: Int, kept: Duration? = nil
    ) async throws(SluiceError) {
        try await known.register(queue, in: store)
        let new = try await store.call(Deliver(validUntil: now + Self.validity, items: items, kept: kept), on: queue)
        // One that meets an equal job is cancelled on its arrival, of which others may want to hear.
        if new < items.count { stir(queue) }
    }

    /// Tells followers that were left in the slot of a queue of the end of the job before them.
    func tell(_ job: JobID, _ state: Fact.EndState, in queue: QueueName) async throws(SluiceError) {
        if try await store.call(Tell(state, [job]), on: queue) { stir(queue) }
    }

    func cancel(_ jobs: [JobID], in queue: QueueName) async throws(SluiceError) {
        _ = try await store.call(CancelJobs(jobs), on: queue)
        stir(queue)
    }
}

/// Queues that were made known to those who list them.
final class KnownQueues: Sendable {
    private let names = Mutex<Set<QueueName>>([])

    func register(_ queue: QueueName, in store: Store) async throws(SluiceError) {
        if names.withLock({ $0.contains(queue) }) { return }
        try await store.register(queue)
        names.withLock { _ = $0.insert(queue) }
    }
}
