@testable import Hiredis

/// Fake servers with the answers of sentinels, primaries and replicas.
enum FakeSentinel {
    /// A sentinel that names a primary and other sentinels, by their ports on 127.0.0.1.
    static func start(naming primary: Int?, others: [Int] = []) async throws -> FakeServer {
        try await start(others: others) { primary }
    }

    static func start(others: [Int] = [], naming primary: @escaping @Sendable () -> Int?) async throws -> FakeServer {
        try await FakeServer.start { words, peer in
            switch words.dropFirst().first {
            case "GET-MASTER-ADDR-BY-NAME": peer.write(primary().map { array(["127.0.0.1", "\($0)"]) } ?? "*-1\r\n")
            case "SENTINELS":
                let rows = others.map { array(["ip", "127.0.0.1", "port", "\($0)", "flags", "sentinel"]) }
                peer.write("*\(rows.count)\r\n\(rows.joined())")
            default: peer.write("-ERR unknown command '\(words[0])'\r\n")
            }
        }
    }

    /// A server with a role, `master` or `replica`. It answers PORT with its name, and hangs up at QUIT.
    static func server(_ role: String, named name: String = "server") async throws -> FakeServer {
        try await FakeServer.start { words, peer in
            switch words[0] {
            case "HELLO": peer.write(array(["server", "redis", "role", role]))
            case "QUIT": peer.close()
            case "WHO": peer.write("+\(name)\r\n")
            default: peer.write("+OK\r\n")
            }
        }
    }

    /// Accepts, and never answers.
    static func silent() async throws -> FakeServer {
        try await FakeServer.start(greets: false) { _, _ in }
    }

    static func array(_ words: [String]) -> String {
        "*\(words.count)\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
    }

    /// The configuration of a client of sentinels on these ports.
    static func configuration(_ ports: [Int], within limit: Duration = .seconds(40)) -> RedisConfiguration {
        let sentinels = ports.map { RedisEndpoint.tcp(host: "127.0.0.1", port: $0) }
        var configuration = RedisConfiguration(endpoint: sentinels[0])
        configuration.topology = .sentinel(SentinelConfiguration(sentinels: sentinels, primaryName: "m"))
        configuration.connectTimeout = limit
        configuration.commandTimeout = .seconds(40)
        return configuration
    }
}
