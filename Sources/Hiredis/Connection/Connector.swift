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

    var place: String { configuration.endpoint.description }

    /// A possible reason for the server's silence. A server with TLS and one without are each silent to clients of the other
    /// kind, or hang up on them.
    var hint: String {
        guard case .tcp = configuration.endpoint else { return "" }
        return configuration.tls == nil
            ? "; if it speaks TLS there, the URL begins with rediss://"
            : "; if it does not speak TLS there, the URL begins with redis://"
    }

    /// Makes a channel whose pipeline ends with a `RedisChannelHandler` ready for use. Call it on the event loop.
    func connect() -> EventLoopFuture<any Channel> {
        open().flatMap { channel in
            greet(channel)
                .flatMap { examine(channel) }
                .map { channel }
                .flatMapErrorThrowing { error in
                    channel.close(promise: nil)
                    throw error
                }
        }
    }

    // MARK: Socket and TLS

    private func open() -> EventLoopFuture<any Channel> {
        let encryption: NIOSSLContext?
        do {
            encryption = try configuration.encryption(logger)
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(limiting: configuration.connectTimeout))
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
        try channel.pipeline.syncOperations.addHandler(RedisChannelHandler(place: place, hint: hint))
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

    private func greet(_ channel: any Channel) -> EventLoopFuture<Void> {
        do {
            let steps = HandshakeStep.all(for: configuration, password: try configuration.currentPassword(logger))
            let handler = try channel.pipeline.syncOperations.handler(type: RedisChannelHandler.self)
            let promises = steps.map { _ in eventLoop.makePromise(of: Void.self) }
            let calls = try zip(steps, promises).map { try encoded($0, $1) }
            handler.send(calls)
            return EventLoopFuture.andAllSucceed(promises.map(\.futureResult), on: eventLoop)
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
    }

    private func encoded(_ step: HandshakeStep, _ promise: EventLoopPromise<Void>) throws -> EncodedCall {
        let call = PendingCall(timeout: configuration.connectTimeout) { [place] result in
            switch result {
            case .success: promise.succeed()
            case .failure(.server(let error)):
                if let failure = step.failure(error, place: place) { promise.fail(failure) } else { promise.succeed() }
            case .failure(let error): promise.fail(error)
            }
        }
        return EncodedCall(try EncodedCommand(step.command), call)
    }

    private func examine(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard let check else { return eventLoop.makeSucceededVoidFuture() }
        do {
            let handler = try channel.pipeline.syncOperations.handler(type: RedisChannelHandler.self)
            let session = RedisSession(
                eventLoop: eventLoop, handler: NIOLoopBound(handler, eventLoop: eventLoop),
                timeout: configuration.connectTimeout)
            return eventLoop.makeFutureWithTask { try await check(session) }
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
    }
}
