import Foundation
import SluiceEmbedded
import Subprocess
import SystemPackage

/// A real Redis for tests, in a directory of its own, that ends with the test process however that ends.
///
/// It listens on a Unix socket, so suites need no free port and may run in parallel. Needs `redis-server` 7 or later
/// (or `valkey-server`) in `PATH`; nothing else has to run.
public final class RedisTestServer: Sendable {
    /// What to connect to: TLS with the client certificate when TLS was asked for, else TCP when asked for, else the socket.
    public let url: String
    /// Certificates and keys, when TLS was asked for.
    public let tls: TestCertificates?

    private let redis: PrivateRedis

    private init(redis: PrivateRedis, tls: TestCertificates?) {
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

    /// The server all suites of this process share, started on first use; give each test keys of its own.
    ///
    /// Do not change it (configuration, ACL, scripts, restarts): start another for that.
    public static func shared() async throws -> RedisTestServer {
        try await sharedStart.value
    }

    private static let sharedStart = Task {
        let server = try await start()
        try await server.useVirtualClock()
        return server
    }

    /// Starts a server for one test and waits until it serves commands. It ends when the last reference to it goes.
    ///
    /// - Throws: When no suitable server is installed, when it ends at its start (with the last lines of its log), or
    ///   when `openssl` is needed and fails.
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

    /// The Unix socket, which is there whatever else was asked for, and is never encrypted.
    public var socketPath: String { redis.socketPath }

    /// `unix://` and the socket's path.
    public var socketURL: String { redis.url }

    /// The port on 127.0.0.1 without TLS, when asked for; a restart keeps it.
    public var tcpPort: Int? { redis.tcpPort }

    /// The port on 127.0.0.1 with TLS, when asked for; a restart keeps it.
    public var tlsPort: Int? { redis.tlsPort }

    /// Holds the data, the log and the certificates (mode 0700), and is removed when the server ends for good.
    public var directory: String { redis.directory }

    /// The operating system's number of the running server, or nil after `kill` and `stop`.
    public var processID: Int32? {
        get async { await redis.processID }
    }

    /// Ends the server as a power cut would (SIGKILL), and returns when it is gone.
    public func kill() async throws { try await redis.kill() }

    /// Shuts the server down in order, and returns when it is gone. A suspended server has to be resumed first.
    public func stop() async throws { try await redis.stop() }

    /// Starts it again on the same socket, ports and data, stopping it first if it runs. Without `aof` it comes back empty.
    public func restart() async throws { try await redis.restart() }

    /// Freezes it (SIGSTOP): connections are accepted by the system, and nothing answers.
    public func suspend() async throws { try await redis.suspend() }

    /// Lets it go on after `suspend` (SIGCONT).
    public func resume() async throws { try await redis.resume() }

    /// Runs `redis-cli` with these arguments on the Unix socket and gives what it printed, without the last newline.
    ///
    /// - Throws: `RedisTestServerError` with the text of an error reply, or when the server cannot be reached.
    @discardableResult
    public func cli(_ arguments: String...) async throws -> String {
        try await cli(arguments)
    }

    /// Runs `redis-cli` with a list of arguments: see `cli(_:)`.
    @discardableResult
    public func cli(_ arguments: [String]) async throws -> String {
        let client = redis.executable.clientPath
        let result = try await run(
            client.hasPrefix("/") ? .path(FilePath(client)) : .name(client),
            arguments: Arguments(["-s", socketPath, "-e"] + arguments),
            environment: .inherit.updating(["REDISCLI_AUTH": nil]),
            output: .string(limit: 64 << 20),
            error: .string(limit: 1 << 20))
        let text = result.standardOutput.hasSuffix("\n") ? String(result.standardOutput.dropLast()) : result.standardOutput
        guard result.terminationStatus.isSuccess else {
            let said = (text + result.standardError).trimmingCharacters(in: .whitespacesAndNewlines)
            throw RedisTestServerError("redis-cli \(arguments.first ?? ""): \(said)")
        }
        return text
    }
}
