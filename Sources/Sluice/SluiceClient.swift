public import Logging
public import ServiceLifecycle
public import SluiceCore
import SluiceEmbedded
package import SluiceStore
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Enqueues jobs, waits for results, and gives access to batches, workflows, cron entries and semaphores.
///
/// One client serves a whole program; it may be used from any task. Jobs that are enqueued one by one at the same time share a
/// call. A call that was cut off is repeated, which is safe: a repeated call adds nothing twice.
///
/// ```swift
/// let sluice = try await SluiceClient(.url("redis://127.0.0.1:6379"))
/// let job = try await sluice.enqueue(Resize(url: "https://…"), delay: .seconds(5))
/// ```
public final class SluiceClient: Service, Sendable {
    /// The options of a client.
    public struct Options: Sendable {
        /// Separates several users of one Redis.
        public var namespace = Namespace.standard
        /// How long an enqueue is repeated, before its error is thrown, while Redis is away or refuses calls for a while.
        public var patience: Duration = .seconds(10)
        /// What an enqueue does when the queue is at its depth limit.
        public var backPressure = BackPressure.refuse
        /// How many copies of a job have to exist before its enqueue returns, unless the call says otherwise. Jobs that a worker's run
        /// enqueues with its outcome are not waited for.
        public var durability = Durability.primary
        /// The largest job, in bytes of JSON with its envelope.
        public var payloadLimit = 1 << 20
        /// Keys that encrypt the jobs of encrypted kinds; workers of this client decrypt with them.
        public var keys: PayloadKeys?
        /// Whether all jobs have to be encrypted. If so, an enqueue of any other job is refused, workers of this client leave
        /// plain jobs to others, and plain results and outputs are not read. Kinds that are encrypted are always treated so.
        public var requiresEncryption = false

        package var payload: PayloadRules {
            PayloadRules(limit: payloadLimit, keys: keys, requiresEncryption: requiresEncryption)
        }

        /// The default options.
        public init() {}
    }

    private struct DurableBatcher: Hashable {
        var queue: QueueName
        var durability: Durability
    }

    private static let mostDurableBatchers = 200

    package let store: Store
    package let options: Options
    package let logger: Logger
    let semaphores: SemaphoreClients
    let jobEnds: EndWaiters<QueueName, JobEnds>
    let workflowEnds: EndWaiters<String, WorkflowEnds>
    private let notifier: Notifier
    package let relay: Relay
    private let batchers = Mutex<[QueueName: EnqueueBatcher]>([:])
    private let durableBatchers = Mutex<[DurableBatcher: EnqueueBatcher]>([:])

    /// Connects, and makes sure that the server has the function library.
    ///
    /// In a cluster one primary that answers is enough. Calls for the queues of another one wait within ``Options/patience``.
    /// - Throws: `unreachable`, `authentication`, `serverTooOld`, `foreignLibrary` and other server errors, at once, each with a
    ///   one-line message.
    public convenience init(
        _ server: SluiceServer, options: Options = Options(), logger: Logger = Logger(label: "sluice")
    ) async throws(SluiceError) {
        let url: String
        switch server {
        case .url(let text): url = text
        case .embedded:
            do {
                url = try await EmbeddedRedis().start()
            } catch {
                throw SluiceError(.unreachable, "\(error)")
            }
        }
        let store = try Store(url: url, namespace: options.namespace, logger: logger)
        try await self.init(store, options: options, logger: logger)
    }

    /// Makes a client over a store, which it closes. The namespace is the store's.
    package init(_ store: Store, options: Options, logger: Logger) async throws(SluiceError) {
        self.store = store
        self.options = options
        self.logger = logger
        self.relay = Relay(store, logger: logger)
        let process = ProcessInfo.processInfo
        let id = WorkerID(host: process.hostName, process: process.processIdentifier).text
        let notifier = Notifier(store, logger: logger)
        self.notifier = notifier
        self.semaphores = SemaphoreClients(store, client: id, notifier: notifier, patience: options.patience)
        self.jobEnds = EndWaiters(store, notifier) { [store] in JobEnds(queue: $0, client: id, store: store) }
        self.workflowEnds = EndWaiters(store, notifier) { [store] in WorkflowEnds(id: $0, client: id, store: store) }
        do {
            try await store.warnIfKeysMayVanish()
        } catch {
            await store.close()
            throw error
        }
    }

    /// Waits until the service group shuts down, then closes the client. It throws nothing, and the client works without it.
    public func run() async throws {
        try? await gracefulShutdown()
        await close()
    }

    /// Closes the connections. Calls under way fail with `outcomeUnknown` or `closed`, later calls with `closed`.
    public func close() async {
        jobEnds.close()
        workflowEnds.close()
        await notifier.close()
        await store.close()
    }

    /// The batcher for the jobs of a queue, made on first use.
    func batcher(for queue: QueueName) -> EnqueueBatcher {
        batchers.withLock { known in
            if let found = known[queue] { return found }
            let made = EnqueueBatcher(makeSender(queue, .primary), on: store.eventLoop)
            known[queue] = made
            return made
        }
    }

    /// The batcher for the jobs of a queue that want the same durability: each call is waited for as all its jobs want.
    func batcher(for queue: QueueName, _ durability: Durability) -> EnqueueBatcher {
        if durability == .primary { return batcher(for: queue) }
        return durableBatchers.withLock { known in
            let key = DurableBatcher(queue: queue, durability: durability)
            if let found = known[key] { return found }
            // A program may compute each time limit anew. What is dropped here goes on until its callers have their replies.
            if known.count == Self.mostDurableBatchers { known = [:] }
            let made = EnqueueBatcher(makeSender(queue, durability), on: store.eventLoop)
            known[key] = made
            return made
        }
    }

    private func makeSender(_ queue: QueueName, _ durability: Durability) -> Sender {
        Sender(
            store: store, relay: relay, queue: queue, patience: options.patience, backPressure: options.backPressure,
            durability: durability)
    }

    /// The durability of a call, checked.
    func durability(_ chosen: Durability?) throws(SluiceError) -> Durability {
        try (chosen ?? options.durability).validated()
    }

    /// The sender for the jobs of a queue.
    func sender(for queue: QueueName) -> Sender { batcher(for: queue).sender }
}
