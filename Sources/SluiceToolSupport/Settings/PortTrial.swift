import NIOCore
import NIOPosix

/// Opens a port for a moment, as the program would that serves on it.
package enum PortTrial {
    /// Opens and closes it. Port 0 is always free.
    /// - Throws: what the system or the lookup of the name says.
    package static func run(host: String, port: Int) async throws {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: host, port: port).get()
        try await channel.close()
    }
}
