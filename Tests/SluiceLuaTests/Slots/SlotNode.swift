import Hiredis
import SluiceTesting
import Testing

/// One primary of a cluster, spoken to as it is: redirections are answers.
struct SlotNode: Sendable {
    let server: RedisTestServer
    let port: Int
    let busPort: Int
    let id: String
    private let client: RedisClient

    /// Starts a node that knows no other one.
    static func start(library: String) async throws -> SlotNode {
        // Below the ports that the system gives out. Another program may have it: then another one is tried.
        var attempts = 10
        while true {
            attempts -= 1
            let busPort = Int.random(in: 20_000..<30_000)
            let lines = [
                "cluster-enabled yes", "cluster-port \(busPort)", "cluster-require-full-coverage no",
                // A primary that has lost its last slot would become a replica.
                "cluster-allow-replica-migration no",
            ]
            do {
                let server = try await RedisTestServer.start(.init(tcp: true, config: lines))
                return try await SlotNode(server, busPort: busPort, library: library)
            } catch  where attempts > 0 {}
        }
    }

    private init(_ server: RedisTestServer, busPort: Int, library: String) async throws {
        self.server = server
        self.busPort = busPort
        port = try #require(server.tcpPort)
        client = RedisClient(try RedisConfiguration(url: server.socketURL))
        _ = try await client.send(RedisCommand(["FUNCTION", "LOAD", library]))
        id = try #require(try await client.send(["CLUSTER", "MYID"]).root.string)
    }

    private init(_ node: SlotNode, _ client: RedisClient) {
        (server, port, busPort, id, self.client) = (node.server, node.port, node.busPort, node.id, client)
    }

    /// The same node, spoken to as another user.
    func user(_ name: String, password: String) throws -> SlotNode {
        var configuration = try RedisConfiguration(url: server.socketURL)
        configuration.username = name
        configuration.password = password
        return SlotNode(self, RedisClient(configuration))
    }

    @discardableResult
    func send(_ words: [String]) async throws -> RedisValue { try await client.send(RedisCommand(words)).root }

    @discardableResult
    func send(_ words: String...) async throws -> RedisValue { try await send(words) }

    /// The code of the error that a command is answered with; nil if it succeeds. `asking` lets the command into a slot that the
    /// node is taking over.
    func refusal(_ words: [String], asking: Bool = false) async throws -> String? {
        let commands: [RedisCommand] = (asking ? [["ASKING"]] : []) + [RedisCommand(words)]
        guard case .failure(let error)? = try await client.pipeline(commands).last else { return nil }
        guard case .server(let reply) = error else { throw error }
        return reply.code
    }

    /// All that the node holds, by key, as Redis stores it; also keys of a slot that it is taking over.
    func contents() async throws -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        for key in try await send("KEYS", "*").elements.compactMap(\.string) {
            contents[key] = try await client.pipeline([["ASKING"], ["DUMP", key]]).last?.get().root.bytes
        }
        return contents
    }

    /// Waits until the cluster works for this node, and it knows the other one.
    func meet(_ other: SlotNode) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            let knows = try await send("CLUSTER", "NODES").string?.contains(other.id) == true
            if knows, try await send("CLUSTER", "INFO").string?.contains("cluster_state:ok") == true { return }
            try #require(ContinuousClock.now < deadline, "the nodes did not meet")
            // Lets a twentieth of a second pass: there is no replica to wait for.
            try await send("WAIT", "1", "50")
        }
    }

    func close() async { await client.close() }
}
