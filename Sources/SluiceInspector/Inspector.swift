public import Logging
public import SluiceCore
package import SluiceStore

/// Reads and manages the queues of one namespace. The `sluice` tool and dashboards are built on it.
///
/// ```swift
/// let inspector = try Inspector(url: "redis://127.0.0.1:6379")
/// for queue in try await inspector.status() { print(queue.queue, queue.states[.available, default: 0]) }
/// await inspector.close()
/// ```
/// All calls share one connection, opened by the first call, and may come from any task. Reading changes nothing and takes no
/// worker's place.
///
/// Each change is recorded in a log, ``actions(newest:before:queue:actor:)``, under the name of this program, or of the author that
/// ``acting(as:reason:)`` names.
///
/// Every error is a ``SluiceError``. Every call throws a server error (``SluiceError/Code/Category/server``) if Redis cannot be
/// reached or used, and `closed` after ``close()``. An error with ``SluiceError/isTransient`` can be retried. Repeating a change
/// does no harm: a change that was already made is reported as the job's present state.
public final class Inspector: Sendable {
    package let store: Store
    let relay: Relay
    /// The keys that decrypt arguments and results for display.
    let keys: PayloadKeys?
    /// Who its changes are recorded under in the log of actions.
    public let author: Operator
    /// Why they are made; may be empty.
    public let reason: String

    /// Makes an inspector. It connects with the first call.
    /// - Parameters:
    ///   - url: `redis://[user:password@]host[:port][/db]`, `redis+sentinel://host,host/primary`, `redis+cluster://host,host`, the
    ///     same with `rediss` for TLS, or `unix:///path`.
    ///   - namespace: The first part of all keys of the queues.
    ///   - keys: The keys that decrypt arguments and results for display. Without a key, a placeholder is shown.
    ///   - logger: Receives an event for each connection that opens or is lost.
    /// - Throws: `invalidArgument` if the URL is not valid. The message does not contain the URL.
    public convenience init(
        url: String, namespace: Namespace = .standard, keys: PayloadKeys? = nil,
        logger: Logger = Logger(label: "sluice.inspector")
    ) throws(SluiceError) {
        self.init(try Store(url: url, namespace: namespace, logger: logger), keys: keys)
    }

    /// Makes an inspector on a shared store, which its owner closes.
    package init(_ store: Store, keys: PayloadKeys? = nil) {
        self.store = store
        self.relay = Relay(store)
        self.keys = keys
        self.author = .program
        self.reason = ""
    }

    init(_ other: Inspector, author: Operator, reason: String) {
        self.store = other.store
        self.relay = other.relay
        self.keys = other.keys
        self.author = author
        self.reason = reason
    }

    /// Closes the connection. Later calls fail with `closed`.
    public func close() async { await store.close() }

    /// Returns the names of all queues that a client or worker has used, in order.
    /// - Throws: a server error if Redis cannot be used.
    public func queues() async throws(SluiceError) -> [QueueName] { try await store.queues() }

    /// Keeps the queues that hold jobs in some states. Many queues are asked at once, so that empty ones cost little.
    package func queues(among queues: [QueueName], holding states: [JobState]) async throws(SluiceError) -> [QueueName] {
        let found = try await each(of: queues) { queue throws(SluiceError) in
            let status = try await self.status(of: queue)
            return states.contains { status.states[$0, default: 0] > 0 }
        }
        return zip(queues, found).filter(\.1).map(\.0)
    }

    /// Runs `body` for several queues concurrently over the one connection. The results have the order of the queues.
    func each<Value: Sendable>(
        of queues: [QueueName], _ body: @escaping @Sendable (QueueName) async throws(SluiceError) -> Value
    ) async throws(SluiceError) -> [Value] {
        try await InOrder.map(queues, body)
    }
}
