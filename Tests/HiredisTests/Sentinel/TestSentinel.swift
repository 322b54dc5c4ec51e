import Foundation
import SluiceTesting

@testable import Hiredis

/// A real sentinel: redis-server with `--sentinel`.
enum TestSentinel {
    /// Starts one that watches a server, which must have been started with `tcp`, under the name `m`.
    static func start(watching server: RedisTestServer, config: [String] = []) async throws -> RedisTestServer {
        let port = server.tcpPort ?? 0
        return try await start(
            config: [
                "sentinel monitor m 127.0.0.1 \(port) 1", "sentinel down-after-milliseconds m 500",
                "sentinel failover-timeout m 5000",
            ] + config)
    }

    static func start(config: [String], tls: Bool = false) async throws -> RedisTestServer {
        var options = RedisTestServer.Options(tcp: !tls, tls: tls, config: config)
        options.searchPath = try directory.get()
        return try await server(options)
    }

    /// Starts a server. Its ports are free when they are chosen; many tests open connections meanwhile.
    static func server(_ options: RedisTestServer.Options) async throws -> RedisTestServer {
        for _ in 0..<9 {
            do {
                return try await RedisTestServer.start(options)
            } catch let error where "\(error)".contains("Address already in use") {
                continue
            }
        }
        return try await RedisTestServer.start(options)
    }

    private static let directory = Result { try makeProgram() }

    /// A directory, the same for all tests of this user, with a program by the name of a server, which starts it as a sentinel.
    private static func makeProgram() throws -> String {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-sentinel-of-\(NSUserName())").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let script = """
            #!/bin/sh
            server=$(command -v redis-server || command -v valkey-server)
            case $1 in --version) exec "$server" --version ;; esac
            exec "$server" "$1" --sentinel
            """
        try script.write(toFile: directory + "/redis-server", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: directory + "/redis-server")
        return directory
    }

    static func url(_ sentinels: [RedisTestServer], name: String = "m") -> String {
        "redis+sentinel://" + sentinels.map { "127.0.0.1:\($0.tcpPort ?? 0)" }.joined(separator: ",") + "/\(name)"
    }
}
