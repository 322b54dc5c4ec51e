package import Hiredis
package import Logging
package import NIOCore
import NIOPosix
package import SluiceCore
import SluiceLua

/// The queues of one namespace on one Redis. The only module that knows keys, the order of arguments and the shape of replies.
///
/// A call is sent once. Whether to repeat a call of unknown outcome is the caller's choice: enqueues are safe to repeat by
/// `(producer, n)`, settlements by fences, and a worker resyncs.
package final class Store: Sendable {
    package let keys: Keys
    package let configuration: RedisConfiguration
    /// The event loop on which replies arrive.
    package let eventLoop: any EventLoop
    private let client: RedisClient
    /// The connections of durable calls.
    let durable: DurableConnections
    private let outage = Outage()
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
        let connect: @Sendable () -> RedisClient = { [eventLoop] in
            RedisClient(configuration, eventLoop: eventLoop, logger: logger) { session throws(RedisError) in
                try await handshake?.run { command throws(RedisError) in try await session.send(command) }
            }
        }
        self.client = connect()
        self.durable = DurableConnections(connect)
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

    /// The number of connections made so far.
    package var connections: Int { client.connections }

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
        client.send(command(function, keys: [keys.base(queue)]), timeout: nil) { [outage, logger] result in
            switch result {
            case .success: outage.answered(logger)
            case .failure(let error): outage.failed(error)
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
        try await call(function, keys: [key], timeout: timeout)
    }

    /// Calls a function of the library that takes several base keys of one kind, 1 to 1,000.
    func call<Function: StoreFunction>(
        _ function: Function, keys: [String], timeout: Duration? = nil
    ) async throws(SluiceError) -> Function.Reply {
        try function.read(try await sendLoading(command(function, keys: keys), timeout: timeout).root)
    }

    func command(_ function: some StoreFunction, keys: [String]) -> RedisCommand {
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
    /// and sends it once more.
    private func sendLoading(_ command: RedisCommand, timeout: Duration?) async throws(SluiceError) -> RedisReply {
        do {
            return try await attempt(command, timeout: timeout)
        } catch {
            guard case .server(let reply) = error, reply.isMissingFunction, handshake != nil else { throw SluiceError(error) }
        }
        do {
            try await handshake?.run { command throws(RedisError) in try await client.send(command) }
        } catch {
            throw SluiceError(error)
        }
        return try await send(command, timeout: timeout)
    }

    private func attempt(_ command: RedisCommand, timeout: Duration?) async throws(RedisError) -> RedisReply {
        do {
            let reply = try await client.send(command, timeout: timeout)
            outage.answered(logger)
            return reply
        } catch {
            outage.failed(error)
            throw error
        }
    }

    /// Sends any command.
    package func send(_ command: RedisCommand, timeout: Duration? = nil) async throws(SluiceError) -> RedisReply {
        do {
            return try await attempt(command, timeout: timeout)
        } catch {
            throw SluiceError(error)
        }
    }

    /// Sends commands in one flush. An error reply becomes the result of its command.
    package func pipeline(_ commands: [RedisCommand]) async throws(SluiceError) -> [Result<RedisReply, SluiceError>] {
        do {
            return try await client.pipeline(commands).map { $0.mapError { SluiceError($0) } }
        } catch {
            throw SluiceError(error)
        }
    }

    /// A listener for wake tokens, with a connection of its own.
    package func listener() -> WakeListener {
        WakeListener(configuration, keys: keys, on: eventLoop, logger: logger)
    }

    /// Adds a queue to the set of known queues. Idempotent.
    package func register(_ queue: QueueName) async throws(SluiceError) {
        _ = try await send(["SADD", keys.queues, queue.validated().text])
    }

    /// All queues of the namespace that were ever used.
    package func queues() async throws(SluiceError) -> [QueueName] {
        let reply = try await send(["SMEMBERS", keys.queues])
        return reply.root.elements.compactMap { value in value.string.flatMap { try? QueueName($0) } }.sorted()
    }

    /// Connects, and warns if the server may evict queues when its memory is full.
    package func warnIfKeysMayVanish() async throws(SluiceError) {
        if let policy = try await evictionPolicy(), policy != "noeviction" {
            logger.warning(
                "Redis may throw jobs away when it is full: set maxmemory-policy to noeviction",
                metadata: ["maxmemory-policy": "\(policy)"])
        }
    }

    package func close() async {
        await client.close()
        await durable.close()
    }
}
