public import Logging
public import SluiceCore
package import SluiceStore

/// Looks into the queues of one namespace and manages them: what the `sluice` tool and dashboards are built on.
///
/// ```swift
/// let inspector = try Inspector(url: "redis://127.0.0.1:6379")
/// for queue in try await inspector.status() { print(queue.queue, queue.states[.available, default: 0]) }
/// await inspector.close()
/// ```
/// All calls go over one connection, made when first used, and may come from any task. Looking changes nothing and takes no
/// place of a worker. Every error is a ``SluiceError``; one whose ``SluiceError/isTransient`` is true may be tried again, and
/// repeating a change does no harm: what was done already is reported as the state the job is in.
public final class Inspector: Sendable {
    package let store: Store
    let relay: Relay
    /// What encrypted arguments and results are shown with.
    let keys: PayloadKeys?

    /// Names a server; nothing is sent before the first call.
    /// - Parameters:
    ///   - url: `redis://[user:password@]host[:port][/db]`, `rediss://…` for TLS, or `unix:///path`.
    ///   - namespace: The first part of every key of these queues.
    ///   - keys: What encrypted arguments and results are shown with; without their key, a word stands for them.
    ///   - logger: Told of connections made and lost.
    /// - Throws: `invalidArgument` if the URL names no server. The message does not repeat the URL.
    public convenience init(
        url: String, namespace: Namespace = .standard, keys: PayloadKeys? = nil,
        logger: Logger = Logger(label: "sluice.inspector")
    ) throws(SluiceError) {
        self.init(try Store(url: url, namespace: namespace, logger: logger), keys: keys)
    }

    /// Shares a store with others; whoever made it closes it.
    package init(_ store: Store, keys: PayloadKeys? = nil) {
        self.store = store
        self.relay = Relay(store)
        self.keys = keys
    }

    /// Closes the connection. Later calls fail with `closed`.
    public func close() async { await store.close() }

    /// Names of all queues that a client or worker has used so far, in order.
    public func queues() async throws(SluiceError) -> [QueueName] { try await store.queues() }

    /// Those of the queues that hold jobs of some states: many queues are asked at once, so that those that hold none cost little.
    package func queues(among queues: [QueueName], holding states: [JobState]) async throws(SluiceError) -> [QueueName] {
        let found = try await each(of: queues) { queue throws(SluiceError) in
            let status = try await self.status(of: queue)
            return states.contains { status.states[$0, default: 0] > 0 }
        }
        return zip(queues, found).filter(\.1).map(\.0)
    }

    /// Runs `body` for several queues at once, over the one connection, and gives the results in the order of the queues.
    func each<Value: Sendable>(
        of queues: [QueueName], _ body: @escaping @Sendable (QueueName) async throws(SluiceError) -> Value
    ) async throws(SluiceError) -> [Value] {
        try await InOrder.map(queues, body)
    }
}
