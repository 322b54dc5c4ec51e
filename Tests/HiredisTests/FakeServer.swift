import NIOCore
import NIOPosix

@testable import Hiredis

/// A server that answers each command as a test wants it to, well or badly.
final class FakeServer: Sendable {
    /// The server's end of one connection.
    struct Peer: Sendable {
        /// Counts from 1.
        let number: Int
        let channel: any Channel

        func write(_ text: String) {
            channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
        }

        func close() {
            channel.close(promise: nil)
        }
    }

    typealias Respond = @Sendable (_ command: [String], _ peer: Peer) -> Void

    private let listener: any Channel

    private init(listener: any Channel) {
        self.listener = listener
    }

    /// Starts on a free port. Unless told otherwise it answers the client's greeting, CLIENT SETNAME, by itself.
    static func start(port: Int = 0, greets: Bool = true, _ respond: @escaping Respond) async throws -> FakeServer {
        let script = FakeServerScript(greets: greets, respond: respond)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FakeServerHandler(script: script))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        return FakeServer(listener: listener)
    }

    var port: Int { listener.localAddress?.port ?? 0 }

    /// With time enough for a machine on which many suites run at once.
    var configuration: RedisConfiguration {
        var configuration = RedisConfiguration(endpoint: .tcp(host: "127.0.0.1", port: port))
        configuration.connectTimeout = .seconds(40)
        configuration.commandTimeout = .seconds(40)
        return configuration
    }

    func stop() async throws {
        try await listener.close()
    }
}

struct FakeServerScript: Sendable {
    let greets: Bool
    let respond: FakeServer.Respond
    let connections = ConnectionCount()
}

private final class FakeServerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let script: FakeServerScript
    private var reader: ReplyReader
    private var number = 0

    init(script: FakeServerScript) throws {
        self.script = script
        // A command is a RESP array, so the reader of replies reads it too.
        reader = try ReplyReader()
    }

    func channelActive(context: ChannelHandlerContext) {
        number = script.connections.next()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let peer = FakeServer.Peer(number: number, channel: context.channel)
        var commands: [RedisReply] = []
        try? unwrapInboundIn(data).withUnsafeReadableBytes { try reader.feed($0, into: &commands) }
        for command in commands {
            let words = command.root.elements.compactMap(\.string)
            if script.greets, words.first == "CLIENT" { peer.write("+OK\r\n") } else { script.respond(words, peer) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
