package import Hiredis
package import Logging
package import NIOCore
import NIOPosix
package import SluiceCore
import SluiceLua

/// The queues of one namespace on one Redis: the only module that knows keys, argument order and the shape of replies.
///
/// A call is written once. Whether to repeat one whose outcome is unknown is the caller's choice: enqueueing is safe to repeat
/// by `(producer, n)`, settling by fences, and a worker resyncs.
package final class Store: Sendable {
    package let keys: Keys
    package let configuration: RedisConfiguration
    /// Where replies arrive.
    package let eventLoop: any EventLoop
    private let client: RedisClient
    private let outage = Outage()
    /// Nil for a store that changes nothing on the server.
    private let handshake: Handshake?
    let logger: Logger

    package init(
        _ configuration: RedisConfiguration, namespace: Namespace = .standard,
        logger: Logger = Logger(label: "sluice.store"), loadsLibrary: Bool = true
    ) {
        self.keys = Keys(namespace)
        self.configuration = configuration
        self.logger = logger
        let handshake = loadsLibrary ? Handshake(logger: logger) : nil
        self.handshake = handshake
        self.eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        self.client = RedisClient(configuration, eventLoop: eventLoop, logger: logger) { session throws(RedisError) in
            try await handshake?.run { command throws(RedisError) in try await session.send(command) }
        }
    }

    /// - Throws: `invalidArgument` if the URL names no server. The message does not repeat the URL.
    package convenience init(url: String, namespace: Namespace, logger: Logger) throws(SluiceError) {
        let configuration: RedisConfiguration
        do {
            configuration = try RedisConfiguration(url: url)
        } catch {
            throw SluiceError(.invalidArgument, error.description)
        }
        self.init(configuration, namespace: namespace, logger: logger)
    }

    /// A store of the same queues, over a connection of its own, that leaves the functions on the server as they are: where they
    /// are missing, calls fail. Whoever made it closes it.
    package func withoutLoading() -> Store {
        Store(configuration, namespace: keys.namespace, logger: logger, loadsLibrary: false)
    }

    /// How many connections were made so far.
    package var connections: Int { client.connections }

    /// Calls a function of the library on a queue.
    package func call<Function: StoreFunction>(
        _ function: Function, on queue: QueueName, timeout: Duration? = nil
    ) async throws(SluiceError) -> Function.Reply {
        try await call(function, key: keys.base(queue.validated()), timeout: timeout)
    }

    /// Calls a function of the library on the base of what is no queue.
    func call<Function: StoreFunction>(
        _ function: Function, key: String, timeout: Duration? = nil
    ) async throws(SluiceError) -> Function.Reply {
        let size = function.size
        var command = RedisCommand(reservingArguments: size.arguments + 4, bytes: size.bytes + 80)
        command.append(Function.isReadOnly ? "FCALL_RO" : "FCALL")
        command.append("sluice1_\(Function.name)")
        command.append(1)
        command.append(key)
        function.write(into: &command)
        return try function.read(try await sendLoading(command, timeout: timeout).root)
    }

    /// Sends a call. If the functions have vanished under the connection (`FUNCTION FLUSH`), the call has done nothing: they are
    /// loaded, and it is sent once more.
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
            switch error {
            case .unreachable, .lost, .timedOut: outage.failed()
            case .protocolViolation, .server, .refused, .closed: break
            }
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

    /// Sends commands in one flush; an error reply stands in its place.
    package func pipeline(_ commands: [RedisCommand]) async throws(SluiceError) -> [Result<RedisReply, SluiceError>] {
        do {
            return try await client.pipeline(commands).map { $0.mapError { SluiceError($0) } }
        } catch {
            throw SluiceError(error)
        }
    }

    /// A connection of its own for waiting on tokens.
    package func listener() -> WakeListener {
        WakeListener(configuration, keys: keys, on: eventLoop, logger: logger)
    }

    /// Makes a queue known to those who list queues. Idempotent.
    package func register(_ queue: QueueName) async throws(SluiceError) {
        _ = try await send(["SADD", keys.queues, queue.validated().text])
    }

    /// All queues of the namespace that were ever used.
    package func queues() async throws(SluiceError) -> [QueueName] {
        let reply = try await send(["SMEMBERS", keys.queues])
        return reply.root.elements.compactMap { value in value.string.flatMap { try? QueueName($0) } }.sorted()
    }

    /// Connects, and warns of a server that may throw queues away when it is full.
    package func warnIfKeysMayVanish() async throws(SluiceError) {
        if let policy = try await evictionPolicy(), policy != "noeviction" {
            logger.warning(
                "Redis may throw jobs away when it is full: set maxmemory-policy to noeviction",
                metadata: ["maxmemory-policy": "\(policy)"])
        }
    }

    package func close() async { await client.close() }
}
