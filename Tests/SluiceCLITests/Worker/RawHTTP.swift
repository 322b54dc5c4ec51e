import NIOCore
import NIOPosix

/// A connection to a server on the loopback address, byte for byte.
struct RawHTTP {
    private let channel: any Channel
    private let received: EventLoopFuture<String>

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let done: EventLoopPromise<String>
        private var text = ""

        init(_ done: EventLoopPromise<String>) { self.done = done }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
        }

        // A connection that is closed on data which nobody read ends with a reset.
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        func channelInactive(context: ChannelHandlerContext) { done.succeed(text) }
    }

    init(port: Int) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let done = loop.makePromise(of: String.self)
        received = done.futureResult
        do {
            channel = try await ClientBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Collector(done)) }
                }
                .connect(host: "127.0.0.1", port: port).get()
        } catch {
            done.succeed("")
            throw error
        }
    }

    /// Sends a text. An error is that of a server which has closed the connection; what it said is received all the same.
    func send(_ text: String) async { try? await channel.writeAndFlush(ByteBuffer(string: text)) }

    /// All that the server said until it closed the connection.
    func end() async throws -> String { try await received.get() }

    func close() async { try? await channel.close() }

    /// Sends a text on a connection of its own, and waits for its end.
    static func exchange(_ text: String, port: Int) async throws -> String {
        let connection = try await RawHTTP(port: port)
        await connection.send(text)
        return try await connection.end()
    }

    /// The answer to a GET, in its parts.
    static func get(_ path: String, port: Int) async throws -> (status: Int, head: String, body: String) {
        let answer = try await exchange("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n", port: port)
        // The two characters of a line's end are one in Swift.
        guard let end = answer.firstRange(of: "\r\n\r\n") else { return (0, answer, "") }
        let status = answer.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return (status, String(answer[..<end.lowerBound]), String(answer[end.upperBound...]))
    }
}
