import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// Opens a connection until it is ready for use: socket, TLS, AUTH, SELECT, the client's own check.
struct Connector: Sendable {
    typealias Check = @Sendable (RedisSession) async throws(RedisError) -> Void

    let configuration: RedisConfiguration
    let eventLoop: any EventLoop
    let check: Check?
    let logger: Logger

    /// Names the server in messages.
    let place: String
    /// How URLs of this kind of topology begin, without TLS and with it.
    private let schemes: (plain: String, secure: String)

    init(configuration: RedisConfiguration, eventLoop: any EventLoop, check: Check?, logger: Logger) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.check = check
        self.logger = logger
        // Of a cluster, it is one node.
        place = if case .cluster = configuration.topology { "\(configuration.endpoint)" } else { configuration.place }
        let suffix = configuration.topology.schemeSuffix
        schemes = ("redis\(suffix)://", "rediss\(suffix)://")
    }

    private init(_ other: Connector, configuration: RedisConfiguration, place: String, check: Check?) {
        self.configuration = configuration
        self.place = place
        self.check = check
        eventLoop = other.eventLoop
        logger = other.logger
        schemes = other.schemes
    }

    /// A connector to one of the servers of this one's topology.
    func redirected(to configuration: RedisConfiguration, place: String, check: Check?) -> Connector {
        Connector(self, configuration: configuration, place: place, check: check)
    }

    /// A possible reason for the server's silence. A server with TLS and one without are each silent to clients of the other
    /// kind, or hang up on them.
    var hint: String {
        guard case .tcp = configuration.endpoint else { return "" }
        return configuration.tls == nil
            ? "; if it speaks TLS there, the URL begins with \(schemes.secure)"
            : "; if it does not speak TLS there, the URL begins with \(schemes.plain)"
    }

    /// Makes a channel whose pipeline ends with a `RedisChannelHandler` ready for use. Call it on the event loop.
    func connect() -> EventLoopFuture<any Channel> {
        reach(within: configuration.connectTimeout).flatMap { admit($0) }
    }

    /// As `connect`, without the client's own check.
    func reach(within limit: Duration) -> EventLoopFuture<any Channel> {
        let end = NIODeadline.now() + TimeAmount(limiting: limit)
        return open(within: limit).flatMap { channel in keep(channel, if: greet(channel, within: limit, until: end)) }
    }

    /// The channel, after the client's own check.
    func admit(_ channel: any Channel) -> EventLoopFuture<any Channel> {
        keep(channel, if: examine(channel))
    }

    private func keep(_ channel: any Channel, if step: EventLoopFuture<Void>) -> EventLoopFuture<any Channel> {
        step
            .map { channel }
            .flatMapErrorThrowing { error in
                channel.close(promise: nil)
                throw error
            }
    }

    // MARK: Socket and TLS

    private func open(within limit: Duration) -> EventLoopFuture<any Channel> {
        let encryption: NIOSSLContext?
        do {
            encryption = try configuration.encryption(logger)
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(limiting: limit))
            // A batch of jobs arrives in one read; NIO's default starts with 2 KB and shrinks between batches.
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: ReplyLimits().feedBytes))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try addHandlers(to: channel, encryption) }
            }
        switch configuration.endpoint {
        case .unix(let path): return bootstrap.connect(unixDomainSocketPath: path)
        case .tcp(let host, let port):
            return
                bootstrap
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .connect(host: host, port: port)
        }
    }

    private func addHandlers(to channel: any Channel, _ encryption: NIOSSLContext?) throws {
        if let encryption {
            let handler = try Self.encrypted(by: encryption, serverName)
            try channel.pipeline.syncOperations.addHandler(handler)
        }
        let handler = try RedisChannelHandler(
            place: place, endpoint: configuration.endpoint, hint: hint, secureScheme: schemes.secure)
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    /// The TLS handler. It sends nothing before the peer has proved its identity.
    private static func encrypted(by context: NIOSSLContext, _ name: String?) throws -> NIOSSLClientHandler {
        guard let name, context.configuration.certificateVerification == .fullVerification else {
            return try NIOSSLClientHandler(context: context, serverHostname: name)
        }
        return try NIOSSLClientHandler._makeSSLClientHandler(context: context, serverHostname: name) { certificate, channel in
            PeerName.matches(certificate, name)
                ? channel.eventLoop.makeSucceededVoidFuture()
                : channel.eventLoop.makeFailedFuture(NIOSSLExtraError.failedToValidateHostname)
        }
    }

    /// The name to request in TLS (SNI). The standard has none for addresses.
    private var serverName: String? {
        guard case .tcp(let host, let port) = configuration.endpoint else { return nil }
        return (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil
    }

    // MARK: Handshake

    private func greet(_ channel: any Channel, within limit: Duration, until end: NIODeadline) -> EventLoopFuture<Void> {
        do {
            let steps = HandshakeStep.all(for: configuration, password: try configuration.currentPassword(logger))
            let handler = try channel.pipeline.syncOperations.handler(type: RedisChannelHandler.self)
            let promises = steps.map { _ in eventLoop.makePromise(of: Void.self) }
            let calls = try zip(steps, promises).map { step, promise in
                let call = PendingCall(timeout: limit, deadline: end, completion: completion(of: step, promise))
                return EncodedCall(try EncodedCommand(step.command), call)
            }
            handler.send(calls)
            return EventLoopFuture.andAllSucceed(promises.map(\.futureResult), on: eventLoop)
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
    }

    private func completion(of step: HandshakeStep, _ promise: EventLoopPromise<Void>) -> PendingCall.Completion {
        { [place] result in
            switch result {
            case .success: promise.succeed()
            case .failure(.server(let error)):
                if let failure = step.failure(error, place: place) { promise.fail(failure) } else { promise.succeed() }
            case .failure(let error): promise.fail(error)
            }
        }
    }

    private func examine(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard let check else { return eventLoop.makeSucceededVoidFuture() }
        do {
            let session = try session(channel, within: configuration.connectTimeout)
            return eventLoop.makeFutureWithTask { try await check(session) }
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
    }

    /// - Parameter end: The end of all commands together; nil if each may take as long as the limit says.
    func session(_ channel: any Channel, within limit: Duration, until end: NIODeadline? = nil) throws -> RedisSession {
        let handler = try channel.pipeline.syncOperations.handler(type: RedisChannelHandler.self)
        return RedisSession(
            eventLoop: eventLoop, handler: NIOLoopBound(handler, eventLoop: eventLoop), timeout: limit, deadline: end)
    }
}
