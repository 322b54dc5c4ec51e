import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Answers a request with an event stream that ends when the client leaves or the server shuts down.
enum EventStream {
    static func response(of site: Site) throws -> Response {
        guard let stream = site.watcher.streams.open() else {
            throw WebError(.serviceUnavailable, "Too many open pages", "This server has no more streams to give.", retryAfter: 30)
        }
        // Proxies must neither collect nor change the stream.
        let headers: HTTPFields = [
            .contentType: "text/event-stream", .cacheControl: "no-store, no-transform", Headers.accelBuffering: "no",
        ]
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                defer { stream.close() }
                try await withGracefulShutdownHandler {
                    try await writer.write(ByteBuffer(string: "retry: 3000\n\n"))
                    for await _ in stream.wakes { try await writer.write(ByteBuffer(string: stream.take())) }
                    try await writer.finish(nil)
                } onGracefulShutdown: {
                    stream.close()
                }
            })
    }
}
