import NIOCore
package import NIOHTTP1
import NIOPosix

/// An HTTP server on the loopback address whose answers may take their time.
package final class HTTPServer: Sendable {
    package struct Request: Sendable {
        package var path: String
        package var headers: HTTPHeaders
        package var body: [UInt8]
    }

    package enum Answer: Sendable {
        case status(Int, body: [UInt8] = [], retryAfter: Int? = nil)
        /// Breaks the connection off.
        case hangUp
        /// Nothing, for as long as anybody waits.
        case never
    }

    package typealias Handler = @Sendable (Request) async -> Answer
    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    package let port: Int
    private let serving: Task<Void, Never>

    package init(_ handler: @escaping Handler) async throws {
        let listening = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        port = listening.channel.localAddress?.port ?? 0
        serving = Task {
            try? await listening.executeThenClose { connections in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await connection in connections {
                        group.addTask { try? await Self.serve(connection, handler) }
                    }
                }
            }
        }
    }

    package var url: String { "http://127.0.0.1:\(port)" }

    /// Ends all connections.
    package func close() async {
        serving.cancel()
        await serving.value
    }

    private static func serve(_ connection: Connection, _ handler: Handler) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var head: HTTPRequestHead?
            var body: [UInt8] = []
            for try await part in inbound {
                switch part {
                case .head(let new): (head, body) = (new, [])
                case .body(let part): body += part.readableBytesView
                case .end:
                    guard let head else { return }
                    switch await handler(Request(path: head.uri, headers: head.headers, body: body)) {
                    case .status(let status, let body, let retryAfter):
                        try await send(status, body, retryAfter, on: outbound)
                    case .hangUp: return
                    case .never: try await ContinuousClock().sleep(for: .seconds(3600))
                    }
                }
            }
        }
    }

    private static func send(
        _ status: Int, _ body: [UInt8], _ retryAfter: Int?, on outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    ) async throws {
        var headers: HTTPHeaders = ["content-length": "\(body.count)"]
        if let retryAfter { headers.add(name: "retry-after", value: "\(retryAfter)") }
        try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)))
        if !body.isEmpty { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body)))) }
        try await outbound.write(.end(nil))
    }
}
