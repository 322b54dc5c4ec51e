import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
package import SluiceTesting
import Synchronization

/// An HTTP server on the loopback address that records its requests and answers as a test chooses.
package final class HookReceiver: Sendable {
    /// A request that arrived.
    package struct Request: Sendable {
        package var method: String
        package var path: String
        /// The headers, with lower-case names.
        package var headers: [String: String]
        package var body: [UInt8]
    }

    /// How to answer a request.
    package enum Answer: Sendable {
        case status(Int, headers: [String: String] = [:])
        /// Never answers.
        case hang
        /// Resets the connection.
        case reset
        /// Sends the head byte by byte, longer than any client waits.
        case slowHead
        /// Sends the head, then the body byte by byte, longer than any client waits.
        case slowBody(Int)
        /// Sends the head, then a body without end.
        case hugeBody(Int)
    }

    private struct State {
        var requests: [Request] = []
        var sent = 0
    }

    package let port: Int
    private let scheme: String
    private let channel: any Channel
    private let state: Memory

    /// State that all connections share.
    fileprivate final class Memory: Sendable {
        private let state = Mutex(State())
        let decide: @Sendable (Request) -> Answer

        init(_ decide: @escaping @Sendable (Request) -> Answer) { self.decide = decide }

        func answer(to request: Request) -> Answer {
            state.withLock { $0.requests.append(request) }
            return decide(request)
        }

        var requests: [Request] { state.withLock(\.requests) }
        var sent: Int { state.withLock(\.sent) }
        func count(sent bytes: Int) { state.withLock { $0.sent += bytes } }
    }

    /// - Parameter certificates: the certificates of a TLS server; nil for plain HTTP.
    package init(
        tls certificates: TestCertificates? = nil, _ decide: @escaping @Sendable (Request) -> Answer = { _ in .status(204) }
    ) async throws {
        let memory = Memory(decide)
        state = memory
        scheme = certificates == nil ? "http" : "https"
        let tls = try certificates.map(Self.context)
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
                    try channel.pipeline.syncOperations.addHandler(HookHandler(memory))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    private static func context(_ certificates: TestCertificates) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(certificates.serverCertificate).map {
            NIOSSLCertificateSource.certificate($0)
        }
        let key = try NIOSSLPrivateKey(file: certificates.serverKey, format: .pem)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
    }

    package var url: String { "\(scheme)://127.0.0.1:\(port)/hook" }

    /// All requests so far, in order.
    package var requests: [Request] { state.requests }

    /// Bytes sent so far of bodies without end.
    package var sentBytes: Int { state.sent }

    package func close() async { try? await channel.close() }
}

/// Handles one connection.
private final class HookHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private let memory: HookReceiver.Memory
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ memory: HookReceiver.Memory) { self.memory = memory }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, body) = (head, [])
        case .body(let part): body += part.readableBytesView
        case .end:
            guard let head else { return }
            let headers = head.headers.map { ($0.name.lowercased(), $0.value) }
            let request = HookReceiver.Request(
                method: head.method.rawValue, path: head.uri, headers: Dictionary(headers) { $1 }, body: body)
            act(memory.answer(to: request), context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func act(_ answer: HookReceiver.Answer, _ context: ChannelHandlerContext) {
        switch answer {
        case .hang: return
        case .reset: reset(context)
        case .status(let status, let headers):
            let lines = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
            let length = status == 204 || status == 304 ? "" : "Content-Length: 2\r\n"
            send("HTTP/1.1 \(status) x\r\n\(length)\(lines)\r\n" + (length.isEmpty ? "" : "ok"), context)
        case .slowHead: drip("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 5000), context)
        case .slowBody(let status):
            send("HTTP/1.1 \(status) x\r\nContent-Length: 5000\r\n\r\n", context)
            drip(String(repeating: "x", count: 5000), context)
        case .hugeBody(let status):
            send("HTTP/1.1 \(status) x\r\nContent-Length: 1000000000000\r\n\r\n", context)
            flood(context)
        }
    }

    private func send(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }

    /// Closes the connection with a linger time of 0: the system then sends a reset.
    private func reset(_ context: ChannelHandlerContext) {
        let channel = context.channel
        guard let options = channel as? any SocketOptionProvider else { return context.close(promise: nil) }
        options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
    }

    private func drip(_ text: String, _ context: ChannelHandlerContext) {
        let (channel, bytes) = (context.channel, Array(text.utf8))
        @Sendable func next(_ index: Int) {
            guard channel.isActive, index < bytes.count else { return }
            channel.writeAndFlush(ByteBuffer(bytes: [bytes[index]]), promise: nil)
            channel.eventLoop.scheduleTask(in: .milliseconds(50)) { next(index + 1) }
        }
        next(0)
    }

    private func flood(_ context: ChannelHandlerContext) {
        let (channel, memory) = (context.channel, memory)
        let part = ByteBuffer(repeating: UInt8(ascii: "x"), count: 65_536)
        @Sendable func next() {
            channel.writeAndFlush(part).whenSuccess {
                memory.count(sent: part.readableBytes)
                next()
            }
        }
        next()
    }
}
