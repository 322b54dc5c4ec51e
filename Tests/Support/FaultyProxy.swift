import Foundation
import NIOCore
import NIOPosix
package import SluiceTesting
import Synchronization

/// A proxy between a client and a server that breaks chosen calls. It can cut the connection before a request arrives or before its
/// reply does, hold the reply, or drop the request.
package final class FaultyProxy: Sendable {
    /// A way to break a call.
    package enum Fault: Sendable {
        /// Drops the request and closes the connection.
        case loseRequest
        /// Delivers the request, drops the reply, and closes the connection.
        case loseReply
        /// Delivers the request and holds the reply until `release`.
        case holdReply
        /// Drops the request and everything after it, and keeps the connection open.
        case swallow
    }

    private struct Rule {
        var words: [String]
        var skips: Int
        var fault: Fault
    }

    private struct State {
        var rules: [Rule] = []
        var held: [@Sendable () -> Void] = []
        var requests: [String] = []
        var largestReply = Int.max
    }

    /// The URL that clients connect to.
    package let url: String
    /// Counts the faults that have happened.
    package let faults = Occurrences()
    /// Counts the replies that were held. Only a held reply can be released.
    package let heldReplies = Occurrences()

    private let state = Mutex(State())
    private let path: String
    private let listener: any Channel

    package init(to server: RedisTestServer) async throws {
        path = "/tmp/sluice-proxy-\(UInt64.random(in: .min ... .max))"
        url = "unix://" + path
        let owner = Owner()
        let target = server.socketPath
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop).connect(unixDomainSocketPath: target).flatMapThrowing { server in
                    let connection = ProxiedConnection(client: client, server: server)
                    try client.pipeline.syncOperations.addHandler(Relay(connection, isRequests: true, owner))
                    try server.pipeline.syncOperations.addHandler(Relay(connection, isRequests: false, owner))
                }
            }
            .bind(unixDomainSocketPath: path).get()
        owner.proxy.withLock { $0 = self }
    }

    /// Breaks the next call whose bytes contain all of these words, after `skips` other matching calls.
    package func fail(_ words: [String], after skips: Int = 0, with fault: Fault) {
        state.withLock { $0.rules.append(Rule(words: words, skips: skips, fault: fault)) }
    }

    /// From now on closes a connection as soon as a reply on it has more bytes than these, as some proxies do. All bytes between two
    /// requests count as one reply.
    package func closeReplies(above bytes: Int) { state.withLock { $0.largestReply = bytes } }

    /// Counts the requests whose beginning contains this word. Requests that arrive together count as one.
    package func requests(with word: String) -> Int { state.withLock { $0.requests.count { $0.contains(word) } } }

    /// Lets held replies through.
    package func release() {
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        for deliver in held { deliver() }
    }

    /// Closes the proxy and all connections through it.
    package func close() async {
        state.withLock { $0.rules = [] }
        release()
        try? await listener.close()
        try? FileManager.default.removeItem(atPath: path)
    }

    fileprivate func fault(of request: String) -> Fault? {
        let fault: Fault? = state.withLock { state in
            state.requests.append(String(request.prefix(200)))
            guard let index = state.rules.firstIndex(where: { $0.words.allSatisfy(request.contains) }) else { return nil }
            if state.rules[index].skips > 0 {
                state.rules[index].skips -= 1
                return nil
            }
            return state.rules.remove(at: index).fault
        }
        if fault != nil { faults.add() }
        return fault
    }

    fileprivate func isTooLarge(_ bytes: Int) -> Bool {
        let isTooLarge = state.withLock { bytes > $0.largestReply }
        if isTooLarge { faults.add() }
        return isTooLarge
    }

    fileprivate func hold(_ deliver: @escaping @Sendable () -> Void) {
        state.withLock { $0.held.append(deliver) }
        heldReplies.add()
    }

    /// The proxy's state as the relays need it; the proxy is created after them.
    fileprivate final class Owner: Sendable {
        let proxy = Mutex<FaultyProxy?>(nil)

        var value: FaultyProxy? { proxy.withLock { $0 } }
    }
}

/// One connection through the proxy. Both sides run on one event loop.
private final class ProxiedConnection: Sendable {
    let client: any Channel
    let server: any Channel
    private let fault = Mutex<FaultyProxy.Fault?>(nil)
    private let replied = Mutex(0)

    init(client: any Channel, server: any Channel) {
        self.client = client
        self.server = server
    }

    var present: FaultyProxy.Fault? {
        get { fault.withLock { $0 } }
        set { fault.withLock { $0 = newValue } }
    }

    /// How many bytes have come back since the last request.
    var replyBytes: Int {
        get { replied.withLock { $0 } }
        set { replied.withLock { $0 = newValue } }
    }

    func cut() {
        client.close(promise: nil)
        server.close(promise: nil)
    }
}

/// Copies bytes in one direction.
private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: ProxiedConnection
    private let isRequests: Bool
    private let owner: FaultyProxy.Owner

    init(_ connection: ProxiedConnection, isRequests: Bool, _ owner: FaultyProxy.Owner) {
        self.connection = connection
        self.isRequests = isRequests
        self.owner = owner
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if isRequests { request(bytes) } else { reply(bytes) }
    }

    private func request(_ bytes: ByteBuffer) {
        let text = String(decoding: bytes.readableBytesView, as: UTF8.self)
        connection.replyBytes = 0
        if let fault = owner.value?.fault(of: text) { connection.present = fault }
        switch connection.present {
        case .loseRequest: connection.cut()
        case .swallow: break
        case .loseReply, .holdReply, nil: connection.server.writeAndFlush(bytes, promise: nil)
        }
    }

    private func reply(_ bytes: ByteBuffer) {
        connection.replyBytes += bytes.readableBytes
        if owner.value?.isTooLarge(connection.replyBytes) == true { return connection.cut() }
        switch connection.present {
        case .loseReply, .loseRequest: connection.cut()
        case .holdReply:
            owner.value?.hold { [connection] in
                connection.present = nil
                connection.client.writeAndFlush(bytes, promise: nil)
            }
        case .swallow, nil: connection.client.writeAndFlush(bytes, promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.cut()
        context.fireChannelInactive()
    }
}
