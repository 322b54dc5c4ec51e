package import Hiredis
package import Logging
package import NIOCore
import NIOPosix
package import SluiceCore
import SluiceLua

/// The queues of one namespace on one Redis, or on the primaries of a cluster. The only module that knows keys, the order of
/// arguments and the shape of replies.
///
/// A call is sent once. Whether to repeat a call of unknown outcome is the caller's choice: enqueues are safe to repeat by
/// `(producer, n)`, settlements by fences, and a worker resyncs.
package final class Store: Sendable {
    package let keys: Keys
    package let configuration: RedisConfiguration
    /// The event loop on which replies arrive.
    package let eventLoop: any EventLoop
    let router: RedisRouter
    /// The connections of durable calls.
    let durable: DurableConnections
    let outage = Outage()
    let clocks = NodeClocks()
    /// Nil for a store that leaves the server's functions alone.
    let handshake: Handshake?
    let logger: Logger

    /// - Parameter libraryRevision: The revision of the library, as if another build of this program had made it; that of this build
    ///   when nil.
    package init(
        _ configuration: RedisConfiguration, namespace: Namespace = .standard,
        logger: Logger = Logger(label: "sluice.store"), loadsLibrary: Bool = true, libraryRevision: Int? = nil
    ) {
        self.keys = Keys(namespace)
        self.configuration = configuration
        self.logger = logger
        let revision = libraryRevision ?? FunctionLibrary.revision
        let handshake = loadsLibrary ? Handshake(revision: revision, logger: logger) : nil
        self.handshake = handshake
        self.eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let connect: @Sendable () -> RedisRouter = { [eventLoop] in
            RedisRouter(configuration, eventLoop: eventLoop, logger: logger) { session throws(RedisError) in
                try await handshake?.run { command throws(RedisError) in try await session.send(command) }
            }
        }
        self.router = connect()
        self.durable = DurableConnections(on: eventLoop, connect)
    }

    /// - Parameter timeout: the limit for connecting and for each command, instead of some seconds.
    /// - Throws: `invalidArgument` if the URL does not name a server. The message does not repeat the URL.
    package convenience init(
        url: String, namespace: Namespace = .standard, logger: Logger = Logger(label: "sluice.store"),
        timeout: Duration? = nil
    ) throws(SluiceError) {
        var configuration: RedisConfiguration
        do {
            configuration = try RedisConfiguration(url: url)
        } catch {
            throw SluiceError(.invalidArgument, error.description)
        }
        if let timeout {
            configuration.connectTimeout = timeout
            configuration.commandTimeout = timeout
        }
        self.init(configuration, namespace: namespace, logger: logger)
    }

    /// A store of the same queues, over a connection of its own, that leaves the functions on the server as they are. If they are
    /// missing, its calls fail. The caller closes it.
    package func withoutLoading() -> Store {
        Store(configuration, namespace: keys.namespace, logger: logger, loadsLibrary: false)
    }

    /// Whether the queues are spread over the nodes of a cluster.
    package var isCluster: Bool { router.isCluster }

    /// The number of connections made so far, to all nodes.
    package var connections: Int { router.connections }

    /// Calls a function of the library on a queue.
    package func call<Function: StoreFunction>(
        _ function: Function, on queue: QueueName, timeout: Duration? = nil
    ) async throws(SluiceError) -> Function.Reply {
        try await call(function, key: keys.base(queue.validated()), timeout: timeout)
    }

    /// Calls a function of the library on a queue, without a task. It does not load functions that have vanished: the call fails,
    /// and the caller makes it again with ``call(_:on:timeout:)``. `completion` is called on the event loop, or at once on this
    /// thread if the call cannot be sent.
    package func call<Function: StoreFunction>(
        _ function: Function, on queue: QueueName,
        completion: @escaping @Sendable (Result<Function.Reply, SluiceError>) -> Void
    ) {
        let key = keys.base(queue)
        let place = place(of: key)
        router.send(command(function, CollectionOfOne(key)), key: key, timeout: nil) { [outage, logger] result in
            switch result {
            case .success: outage.answered(place, logger)
            case .failure(let error): outage.failed(error, place)
            }
            completion(
                result.mapError { SluiceError($0) }
                    .flatMap { reply in Result { () throws(SluiceError) in try function.read(reply.root) } })
        }
    }

    /// Calls a function of the library on a base key that is not a queue's.
    func call<Function: StoreFunction>(
        _ function: Function, key: String, timeout: Duration? = nil
    ) async throws(SluiceError) -> Function.Reply {
        try function.read(try await sendLoading(command(function, CollectionOfOne(key)), key: key, timeout: timeout).root)
    }

    /// Calls a function of the library that takes several base keys of one kind, 1 to 1,000, and replies with a list, an element
    /// for each. One call; in a cluster one for each slot, which may fail separately: the first error is thrown.
    func call<Function: StoreFunction, Element>(
        _ function: Function, each keys: [String]
    ) async throws(SluiceError) -> [Element] where Function.Reply == [Element] {
        if router.isCluster { return try await callBySlot(function, keys) }
        let reply = try await sendLoading(command(function, keys), key: keys.first ?? "", timeout: nil)
        return try function.read(reply.root)
    }

    func command(_ function: some StoreFunction, _ keys: some Collection<String>) -> RedisCommand {
        let size = function.size
        var command = RedisCommand(reservingArguments: size.arguments + 3 + keys.count, bytes: size.bytes + 80 * keys.count)
        command.append(type(of: function).isReadOnly ? "FCALL_RO" : "FCALL")
        command.append("sluice1_\(function.function)")
        command.append(keys.count)
        for key in keys { command.append(key) }
        function.write(into: &command)
        return command
    }

    /// Sends a call. If the functions have vanished during the connection (`FUNCTION FLUSH`), the call had no effect: loads them
    /// on the node of the key, and sends it once more.
    func sendLoading(_ command: RedisCommand, key: String, timeout: Duration?) async throws(SluiceError) -> RedisReply {
        do {
            return try await attempt(command, key: key, timeout: timeout)
        } catch {
            guard case .server(let reply) = error, reply.isMissingFunction, handshake != nil else { throw SluiceError(error) }
        }
        do {
            try await handshake?.run { command throws(RedisError) in try await router.send(command, key: key) }
        } catch {
            throw SluiceError(error)
        }
        return try await send(command, key: key, timeout: timeout)
    }

    /// A listener for wake tokens, with connections of its own.
    package func listener() -> WakeListener {
        WakeListener(router, configuration, keys: keys, on: eventLoop, logger: logger)
    }

    /// Adds a queue to the set of known queues. Idempotent.
    package func register(_ queue: QueueName) async throws(SluiceError) {
        _ = try await send(["SADD", keys.queues, queue.validated().text], key: keys.queues)
    }

    /// All queues of the namespace that were ever used.
    package func queues() async throws(SluiceError) -> [QueueName] {
        let reply = try await send(["SMEMBERS", keys.queues], key: keys.queues)
        return reply.root.elements.compactMap { value in value.string.flatMap { try? QueueName($0) } }.sorted()
    }

    /// Connects, and warns if the server, or a primary of the cluster, may evict queues when its memory is full.
    package func warnIfKeysMayVanish() async throws(SluiceError) {
        if let policy = try await evictionPolicy(), policy != "noeviction" {
            logger.warning(
                "Redis may throw jobs away when it is full: set maxmemory-policy to noeviction",
                metadata: ["maxmemory-policy": "\(policy)"])
        }
    }

    package func close() async {
        await router.close()
        await durable.close()
    }
}
