import Hiredis
import SluiceTesting

/// A primary and a replica that has all its data and acknowledges what it gets.
struct ReplicatedPair {
    let primary: RedisTestServer
    let replica: RedisTestServer

    init() async throws {
        primary = try await RedisTestServer.start(.init(tcp: true, config: ["repl-diskless-sync-delay 0"]))
        replica = try await RedisTestServer.start(.init(replicaOf: primary))
        let client = try connection()
        _ = try await client.send(["SET", "first", "1"])
        // The replica has been sent everything by then.
        while try await client.send(["WAIT", "1", "1000"]).root.integer != 1 {}
        _ = try await client.send(["DEL", "first"])
        await client.close()
    }

    /// A new connection to the primary.
    func connection() throws -> RedisClient { RedisClient(try RedisConfiguration(url: primary.url)) }

    /// The number of clients of the primary that wait for replicas.
    func blocked() async throws -> Int {
        let line = try await primary.cli("INFO", "clients").split(whereSeparator: \.isNewline).first {
            $0.hasPrefix("blocked_clients:")
        }
        return line.flatMap { Int($0.dropFirst("blocked_clients:".count)) } ?? 0
    }
}
