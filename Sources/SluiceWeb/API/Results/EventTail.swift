import Hummingbird
import NIOCore
import ServiceLifecycle
import SluiceCore
import SluiceInspector
import Synchronization

/// Follows what happens in a queue, as an event stream.
enum EventTail {
    /// The most streams of a site: each has a connection to Redis of its own.
    static let most = 100
    /// The longest stream, in seconds.
    static let longest = 3600
    /// How often a stream gives a sign of life.
    private static let pulse = Duration.seconds(15)
    /// How long Redis may be unreachable.
    private static let patience = Duration.seconds(60)

    /// Whether the server shuts down.
    private final class Stop: Sendable {
        private let flag = Mutex(false)

        var isSet: Bool { flag.withLock { $0 } }

        func set() { flag.withLock { $0 = true } }
    }

    static func answer(_ request: APIRequest) async throws -> Response {
        guard request.takesEvents else {
            throw Problem(.notAcceptable, "notAcceptable", "this is an event stream: send Accept: \(ServerEvent.type)")
        }
        let span = try request.integer("for", 1...longest) ?? longest
        let queue = try await request.usedQueue()
        guard let ticket = request.site.tails.begin() else {
            throw Problem(.serviceUnavailable, "busy", "too many requests follow events", retryAfter: 5)
        }
        let transitions = try await request.inspector.transitions(of: queue)
        return Response(
            status: .ok, headers: ServerEvent.headers,
            body: ResponseBody { writer in
                defer { withExtendedLifetime(ticket) {} }
                let stop = Stop()
                try await withGracefulShutdownHandler {
                    try await follow(transitions, until: ContinuousClock.now + .seconds(span), stop, &writer)
                    try await writer.finish(nil)
                } onGracefulShutdown: {
                    stop.set()
                }
            })
    }

    /// Writes an event for each transition. Nothing is read from Redis before the reader has taken what was written, so that a slow
    /// reader costs no memory here.
    @concurrent
    private static func follow(
        _ transitions: Transitions, until end: ContinuousClock.Instant, _ stop: Stop, _ writer: inout any ResponseBodyWriter
    ) async throws {
        var iterator = transitions.makeAsyncIterator()
        try await writer.write(ByteBuffer(string: ": following\n\n"))
        var (written, replied) = (ContinuousClock.now, ContinuousClock.now)
        while ContinuousClock.now < end, !stop.isSet, !Task.isCancelled {
            let news: [Transition]
            do throws(SluiceError) {
                news = try await iterator.turn()
                replied = .now
            } catch {
                guard error.isTransient, ContinuousClock.now - replied < patience else {
                    return try await writer.write(ServerEvent.text("problem", Problem(error).json))
                }
                try await Task.sleep(for: .milliseconds(500))
                continue
            }
            for transition in news { try await writer.write(ServerEvent.text("transition", transition.json)) }
            if !news.isEmpty { written = .now }
            if ContinuousClock.now - written >= pulse {
                try await writer.write(ByteBuffer(string: ": waiting\n\n"))
                written = .now
            }
        }
    }
}
