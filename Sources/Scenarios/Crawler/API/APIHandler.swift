import NIOCore
import NIOHTTP1

/// One connection, one question: `GET /ID`, with the key and the run's fence in headers.
final class APIHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let api: FakeAPI
    private var head: HTTPRequestHead?

    init(_ api: FakeAPI) { self.api = api }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end: answer(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ context: ChannelHandlerContext) {
        guard let head else { return context.close(promise: nil) }
        let key = head.headers.first(name: "x-key") ?? ""
        let fence = head.headers.first(name: "x-fence").flatMap { Int($0) } ?? 0
        let status = api.answer(String(head.uri.dropFirst()), key: key, fence: fence)
        // A caller without an answer goes away some time.
        if status == 0 { return }
        var headers: HTTPHeaders = ["content-length": "0", "connection": "close"]
        if status == 429 { headers.add(name: "retry-after", value: "1") }
        let response = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
