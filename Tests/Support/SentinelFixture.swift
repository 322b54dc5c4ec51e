package import Hiredis
import SluiceEmbedded

/// A primary with replicas, and sentinels that watch them, to be broken.
package final class SentinelFixture: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// The name of the primary.
    package static let name = "mymaster"

    /// What clients connect to.
    package let url: String
    /// The primary at the start, then its replicas.
    package let nodes: [String]
    package let sentinels: [String]
    private let servers: [String: PrivateRedis]
    private let clients: [String: RedisClient]

    package init(replicas: Int = 2, sentinels count: Int = 3) async throws {
        let primary = try await Self.server([])
        let origin = try Self.place(primary)
        var servers = [primary]
        for _ in 0..<replicas { servers.append(try await Self.server(["replicaof \(origin)"])) }
        let watch = [
            "sentinel monitor \(Self.name) \(origin) \(count / 2 + 1)",
            "sentinel down-after-milliseconds \(Self.name) 1000",
            "sentinel failover-timeout \(Self.name) 5000",
        ]
        var watchers: [PrivateRedis] = []
        for _ in 0..<count { watchers.append(try await Self.server(watch, isSentinel: true)) }
        nodes = servers.compactMap(\.address)
        sentinels = watchers.compactMap(\.address)
        url = "redis+sentinel://\(sentinels.joined(separator: ","))/\(Self.name)"
        var byAddress: [String: PrivateRedis] = [:]
        var clients: [String: RedisClient] = [:]
        for server in servers + watchers {
            guard let address = server.address else { continue }
            byAddress[address] = server
            clients[address] = RedisClient(try RedisConfiguration(url: "redis://\(address)"))
        }
        self.servers = byAddress
        self.clients = clients
        try await waitUntilWatched(replicas: replicas)
    }

    /// Kills a server or a sentinel, and returns when it is gone.
    package func kill(_ address: String) async throws { try await server(address).kill() }

    /// Freezes a server or a sentinel: its connections stay open, and nothing answers.
    package func freeze(_ address: String) async throws { try await server(address).suspend() }

    /// Lets a frozen one go on.
    package func thaw(_ address: String) async throws { try await server(address).resume() }

    /// Starts a dead one again, or stops and starts one that lives.
    package func restart(_ address: String) async throws { try await server(address).restart() }

    /// Sends a command to a server or a sentinel.
    @discardableResult
    package func send(_ words: [String], to address: String) async throws -> RedisReply {
        guard let client = clients[address] else { throw Failure(description: "\(address) is none of these servers") }
        return try await client.send(RedisCommand(words))
    }

    /// The primary that the first sentinel that answers names.
    package func primary() async throws -> String {
        for sentinel in sentinels where try await server(sentinel).processID != nil {
            let reply = try? await send(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", Self.name], to: sentinel).root
            if let host = reply?[0].string, let port = reply?[1].string { return "\(host):\(port)" }
        }
        throw Failure(description: "no sentinel answers")
    }

    /// Waits until the sentinels name another primary, and it is one.
    @discardableResult
    package func successor(of address: String, within limit: Duration = .seconds(60)) async throws -> String {
        try await poll("no replica took the place of \(address)", within: limit) {
            let named = try await self.primary()
            guard named != address, try await self.send(["ROLE"], to: named).root[0].string == "master" else { return nil }
            return named
        }
    }

    /// Demotes the primary by hand.
    /// - Returns: The new primary.
    @discardableResult
    package func failover() async throws -> String {
        let old = try await primary()
        try await send(["SENTINEL", "FAILOVER", Self.name], to: sentinels[0])
        return try await successor(of: old)
    }

    /// A failover needs sentinels that know each other and the replicas.
    private func waitUntilWatched(replicas: Int) async throws {
        for sentinel in sentinels {
            let _: Bool = try await poll("the sentinel \(sentinel) does not know the others", within: .seconds(30)) {
                let fields = try await self.send(["SENTINEL", "MASTER", Self.name], to: sentinel).root.dictionary
                let others = fields["num-other-sentinels"]?.integer
                let known = fields["num-slaves"]?.integer
                return others == self.sentinels.count - 1 && known == replicas ? true : nil
            }
        }
    }

    private static func server(_ configuration: [String], isSentinel: Bool = false) async throws -> PrivateRedis {
        var options = PrivateRedis.Options()
        options.tcp = true
        options.appendOnly = !isSentinel
        options.isSentinel = isSentinel
        options.configuration = configuration
        return try await PrivateRedis(options)
    }

    /// The host and the port as two words.
    private static func place(_ server: PrivateRedis) throws -> String {
        guard let port = server.tcpPort else { throw Failure(description: "the server has no port") }
        return "127.0.0.1 \(port)"
    }

    private func server(_ address: String) throws -> PrivateRedis {
        guard let server = servers[address] else { throw Failure(description: "\(address) is none of these servers") }
        return server
    }

    /// Asks every 10 ms: sentinels offer no event that a test could trust.
    private func poll<Value>(
        _ complaint: String, within limit: Duration, _ find: () async throws -> Value?
    ) async throws -> Value {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let value = try await find() { return value }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Failure(description: "\(complaint) within \(limit)")
    }
}
