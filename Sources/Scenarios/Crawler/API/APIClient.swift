import NIOCore
import NIOHTTP1
import NIOPosix

/// Asks the API, one connection for each question. It tries nothing again: that is for the queue, which knows the rate.
struct APIClient: Sendable {
    /// What it answered.
    struct Answer: Sendable {
        var status: Int
        var retryAfter: Duration?
    }

    /// The connection was refused, or cut before there was an answer.
    struct NoConnection: Error {}

    let path: String

    func ask(_ id: String, key: String, fence: Int) async throws -> Answer {
        let headers: HTTPHeaders = ["host": "api", "x-key": key, "x-fence": "\(fence)", "connection": "close"]
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/" + id, headers: headers)
        do {
            return try await connection().executeThenClose { inbound, outbound in
                try await outbound.write(.head(head))
                try await outbound.write(.end(nil))
                for try await part in inbound {
                    guard case .head(let response) = part else { continue }
                    let seconds = response.headers.first(name: "retry-after").flatMap { Int($0) }
                    return Answer(status: Int(response.status.code), retryAfter: seconds.map { .seconds($0) })
                }
                throw NoConnection()
            }
        } catch {
            // However it was cut off, unless it was given up here.
            try Task.checkCancellation()
            throw NoConnection()
        }
    }

    private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    private func connection() async throws -> Connection {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
    }
}
