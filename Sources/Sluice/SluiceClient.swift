package import Hiredis
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

/// Puts jobs into queues.
///
/// One client serves a whole program; it may be used from any task. Jobs that are enqueued one by one at the same time travel
/// together. A call that was cut off is repeated, which is safe: a repeated call adds nothing twice.
///
/// ```swift
/// let sluice = try await SluiceClient(.url("redis://127.0.0.1:6379"))
/// let job = try await sluice.enqueue(Resize(url: "https://…"), delay: .seconds(5))
/// ```
public final class SluiceClient: Service, Sendable {
    /// How a client behaves.
    public struct Options: Sendable {
        /// What keeps several users of one Redis apart.
        public var namespace = Namespace.standard
        /// How long an enqueue is repeated while Redis is away or refuses for a while, before the error is thrown.
        public var patience: Duration = .seconds(10)
        /// What an enqueue does where as many jobs wait in the queue as its limits let.
        public var backPressure = BackPressure.refuse
        /// The largest job, in bytes of JSON with its envelope.
        public var payloadLimit = 1 << 20
        /// What encrypts jobs of kinds that are encrypted, and what their workers read them with.
        public var keys: PayloadKeys?
        /// Whether all jobs have to be encrypted: an enqueue of another one is refused, and workers of this client leave jobs that
        /// are not to others, and read no result and no output that is not. Kinds that are encrypted are always treated so.
        public var requiresEncryption = false

        package var payload: PayloadRules {
            PayloadRules(limit: payloadLimit, keys: keys, requiresEncryption: requiresEncryption)
        }

        /// The defaults.
        public init() {}
    }

    package let store: Store
    package let options: Options
    package let logger: Logger
    let semaphores: SemaphoreClients
    let jobEnds: EndWaiters<QueueName, JobEnds>
    let workflowEnds: EndWaiters<String, WorkflowEnds>
    private let notifier: Notifier
    package let relay: Relay
    private let gatherers = Mutex<[QueueName: Gatherer]>([:])

    /// Connects, and makes sure that the server has the function library.
    /// - Throws: `unreachable`, `authentication`, `serverTooOld`, `foreignLibrary` and the like, at once and in one line.
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
        let configuration: RedisConfiguration
        do {
            configuration = try RedisConfiguration(url: url)
        } catch {
            throw SluiceError(.invalidArgument, "\(error)")
        }
        try await self.init(configuration, options: options, logger: logger)
    }

    package init(_ configuration: RedisConfiguration, options: Options, logger: Logger) async throws(SluiceError) {
        self.store = Store(configuration, namespace: options.namespace, logger: logger)
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

    /// Stays until the service group shuts down, then closes. The client works without it.
    public func run() async throws {
        try? await gracefulShutdown()
        await close()
    }

    /// Closes the connections. Calls under way fail with `outcomeUnknown` or `closed`, later ones with `closed`.
    public func close() async {
        jobEnds.close()
        workflowEnds.close()
        await notifier.close()
        await store.close()
    }

    /// What gathers the jobs of a queue, made on first use.
    func gatherer(for queue: QueueName) -> Gatherer {
        gatherers.withLock { known in
            if let found = known[queue] { return found }
            let sender = Sender(
                store: store, relay: relay, queue: queue, patience: options.patience, backPressure: options.backPressure)
            let made = Gatherer(sender, on: store.eventLoop)
            known[queue] = made
            return made
        }
    }

    /// What sends the jobs of a queue.
    func sender(for queue: QueueName) -> Sender { gatherer(for: queue).sender }
}
