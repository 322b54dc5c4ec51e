import Foundation
package import SluiceEmbedded
import Subprocess
import Synchronization
import SystemPackage

/// A real Redis for tests, in a directory of its own. It ends with the test process, even if that crashes.
///
/// It listens on a Unix socket, so suites need no free port and can run in parallel. It needs `redis-server` 7 or later (or
/// `valkey-server`) in `PATH`, and no other running program.
public final class RedisTestServer: Sendable {
    /// The URL to connect to: TLS with the client certificate if `tls` was set, else TCP if `tcp` was set, else the socket.
    public let url: String
    /// The certificates and keys, if `tls` was set.
    public let tls: TestCertificates?

    /// The cluster, if it is one; nil for a single server.
    package let cluster: PrivateCluster?
    /// The server, or the first primary of the cluster.
    private let redis: PrivateRedis
    private let clients = Mutex<NodeClients?>(nil)

    init(cluster: PrivateCluster) {
        self.cluster = cluster
        redis = cluster.nodes[0]
        tls = nil
        url = cluster.url
    }

    private init(redis: PrivateRedis, tls: TestCertificates?) {
        cluster = nil
        self.redis = redis
        self.tls = tls
        url =
            if let tls, let port = redis.tlsPort {
                "rediss://127.0.0.1:\(port)?ca=\(tls.authority)&cert=\(tls.clientCertificate)&key=\(tls.clientKey)"
            } else if let port = redis.tcpPort {
                "redis://127.0.0.1:\(port)"
            } else {
                redis.url
            }
    }

    /// Returns the server that all suites of this process share; the first call starts it. Use separate keys in each test.
    ///
    /// Do not change the server (configuration, ACL, scripts, restarts); start another one for that. With the environment variable
    /// `SLUICE_TEST_TOPOLOGY=cluster` it is a cluster of three primaries, and ``url`` is that of the cluster.
    /// - Throws: as ``start(_:)`` does.
    public static func shared() async throws -> RedisTestServer {
        try await sharedStart.value
    }

    private static let sharedStart = Task {
        let server = try await TestTopology.chosen() == .cluster ? startCluster() : start()
        try await server.useVirtualClock()
        return server
    }

    /// Starts a server for one test and waits until it accepts commands. The server ends with the last reference to it.
    ///
    /// - Throws: an error if no suitable server is installed, the server ends at its start (with the last lines of its log), or
    ///   `openssl` is needed and fails.
    public static func start(_ options: Options = Options()) async throws -> RedisTestServer {
        let directory = try PrivateRedis.makeDirectory()
        var settings = PrivateRedis.Options()
        settings.directory = directory
        settings.appendOnly = options.aof
        settings.tcp = options.tcp
        settings.searchPath = options.searchPath
        settings.configuration = try options.configurationLines()
        var certificates: TestCertificates?
        if options.tls {
            do {
                let names = options.certified ?? TestCertificates.local
                certificates = try await TestCertificates.make(in: directory, for: names)
            } catch {
                try? FileManager.default.removeItem(atPath: directory)
                throw error
            }
        }
        settings.tls = certificates.map {
            PrivateRedis.TLSFiles(authority: $0.authority, certificate: $0.serverCertificate, key: $0.serverKey)
        }
        return RedisTestServer(redis: try await PrivateRedis(settings), tls: certificates)
    }

    /// The path of the Unix socket. The socket exists with every option and is never encrypted.
    public var socketPath: String { redis.socketPath }

    /// The URL of the Unix socket: `unix://` and its path; in a cluster, also the password.
    public var socketURL: String { cluster.map { "unix://:\($0.password)@\(redis.socketPath)" } ?? redis.url }

    /// The port on 127.0.0.1 without TLS, if `tcp` was set; a restart keeps it.
    public var tcpPort: Int? { redis.tcpPort }

    /// The port on 127.0.0.1 with TLS, if `tls` was set; a restart keeps it.
    public var tlsPort: Int? { redis.tlsPort }

    /// The directory of the data, the log and the certificates (mode 0700). It is removed when the server ends for good.
    public var directory: String { redis.directory }

    /// The process id of the running server; nil after `kill` and `stop`.
    public var processID: Int32? {
        get async { await redis.processID }
    }

    /// Kills the server (SIGKILL), as a power cut would, and returns when it is gone.
    /// - Throws: an error if the server cannot be signalled, or does not end in time.
    public func kill() async throws { try await redis.kill() }

    /// Shuts the server down in order and returns when it is gone. Resume a suspended server first.
    /// - Throws: an error if the server cannot be signalled, or does not end in time.
    public func stop() async throws { try await redis.stop() }

    /// Restarts the server on the same socket, ports and data; stops it first if it runs. Without `aof` the data is lost.
    /// - Throws: an error if the server does not end in time, or does not start again (with the last lines of its log).
    public func restart() async throws { try await redis.restart() }

    /// Freezes the server (SIGSTOP): the system accepts connections, but no command is answered.
    /// - Throws: an error if the server cannot be signalled.
    public func suspend() async throws { try await redis.suspend() }

    /// Continues the server after `suspend` (SIGCONT).
    /// - Throws: an error if the server cannot be signalled.
    public func resume() async throws { try await redis.resume() }

    /// Runs `redis-cli` with these arguments on the Unix socket, and in a cluster on the node of the key. Returns its output without
    /// the last newline.
    ///
    /// - Throws: ``RedisTestServerError`` with the text of an error reply, or if the server cannot be reached.
    @discardableResult
    public func cli(_ arguments: String...) async throws -> String {
        try await cli(arguments)
    }

    /// Runs `redis-cli` with a list of arguments, as `cli(_:)` does.
    /// - Throws: ``RedisTestServerError`` with the text of an error reply, or if the server cannot be reached.
    @discardableResult
    public func cli(_ arguments: [String]) async throws -> String {
        let client = redis.executable.clientPath
        let result = try await run(
            client.hasPrefix("/") ? .path(FilePath(client)) : .name(client),
            arguments: Arguments(place + ["-e"] + arguments),
            environment: .inherit.updating(["REDISCLI_AUTH": cluster?.password]),
            output: .string(limit: 64 << 20),
            error: .string(limit: 1 << 20))
        let text = result.standardOutput.hasSuffix("\n") ? String(result.standardOutput.dropLast()) : result.standardOutput
        guard result.terminationStatus.isSuccess else {
            let said = (text + result.standardError).trimmingCharacters(in: .whitespacesAndNewlines)
            throw RedisTestServerError("redis-cli \(arguments.first ?? ""): \(said)")
        }
        return text
    }

    /// How redis-cli finds the server. It follows redirects only from a port.
    private var place: [String] {
        guard cluster != nil, let port = redis.tcpPort else { return ["-s", socketPath] }
        return ["-c", "-h", "127.0.0.1", "-p", "\(port)"]
    }

    /// Connections to the primaries, made at the first use.
    func nodes() throws -> NodeClients {
        try clients.withLock { clients in
            if let clients { return clients }
            let made = try NodeClients(nodeURLs)
            clients = made
            return made
        }
    }

    private var nodeURLs: [(address: String, url: String)] {
        guard let cluster else { return [("", socketURL)] }
        return cluster.nodes.prefix(cluster.primaries).compactMap { node in
            node.address.map { ($0, "redis://:\(cluster.password)@\($0)") }
        }
    }
}
