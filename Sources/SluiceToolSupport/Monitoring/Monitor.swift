import Logging
package import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Serves the pages of a process over HTTP: one request for each connection, which has some seconds for all of it.
///
/// It runs as long as the process works, the shutdown included: runs that end then are still counted, and probes are told.
package final class Monitor: Service {
    /// Further connections are closed at once.
    package static let mostConnections = 32
    /// The most bytes of a request.
    package static let longestRequest = 8192
    /// The time for a connection, from its begin to its end.
    package static let patience = TimeAmount.seconds(10)

    private struct TooManyConnections: Error {}

    private let channel: any Channel
    private let pages: MonitorPages

    /// Listens.
    /// - Throws: ``Failure``, in one line.
    package init(host: String, port: Int, _ pages: MonitorPages, patience: TimeAmount = Monitor.patience) async throws {
        self.pages = pages
        let open = OpenConnections()
        do {
            channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.backlog, value: 64)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try Self.begin(channel, pages, open, patience) }
                }
                .bind(host: host, port: port).get()
        } catch {
            throw Self.failure(host, port, error)
        }
    }

    /// Where the metrics are.
    package var url: String {
        let address = channel.localAddress
        let host = address?.ipAddress ?? "?"
        return "http://\(host.contains(":") ? "[\(host)]" : host):\(address?.port ?? 0)/metrics"
    }

    /// Serves until the group shuts down or the task is cancelled.
    package func run() async {
        try? await gracefulShutdown()
        await close()
    }

    package func close() async {
        try? await channel.close()
        await pages.close()
    }

    private static func begin(
        _ channel: any Channel, _ pages: MonitorPages, _ open: OpenConnections, _ patience: TimeAmount
    ) throws {
        // The bootstrap closes the connection.
        guard open.add() else { throw TooManyConnections() }
        let end = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in
            end.cancel()
            open.remove()
        }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(RequestBound(longestRequest))
        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
        try pipeline.addHandler(MonitorHandler(pages))
    }

    static func failure(_ host: String, _ port: Int, _ error: any Error) -> Failure {
        Failure("metrics cannot be served on \(host), port \(port): \(reason(error))")
    }

    private static func reason(_ error: any Error) -> String {
        if error is SocketAddressError.UnknownHost { return "there is no such host" }
        guard let error = error as? IOError else { return "\(error)" }
        switch error.errnoCode {
        case EADDRINUSE: return "the port is in use; --metrics-port 0 takes a free one"
        case EACCES: return "it may not be used by this user"
        case EADDRNOTAVAIL: return "this host does not have the address"
        default: return String(cString: strerror(error.errnoCode))
        }
    }
}

/// Counts connections, up to a bound.
private final class OpenConnections: Sendable {
    private let count = Mutex(0)

    func add() -> Bool {
        count.withLock { count in
            if count == Monitor.mostConnections { return false }
            count += 1
            return true
        }
    }

    func remove() { count.withLock { $0 -= 1 } }
}
