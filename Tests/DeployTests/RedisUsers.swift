import Foundation
import SluiceInspector
import SluiceTesting
import Testing

/// A Redis with the users of `deploy/redis/users.acl`. Only its user `default` is another: the tests look with it.
struct RedisUsers: Sendable {
    let server: RedisTestServer
    private let folder: CopiesFolder

    /// The file lets all in who give no name.
    private struct IsOpen: Error {}

    static func start(tcp: Bool = false, config: [String] = []) async throws -> RedisUsers {
        let closed = "user default off resetpass ~* &* +@all\n"
        let text = try DeployFiles.text("redis/users.acl")
        guard text.hasPrefix(closed) else { throw IsOpen() }
        let folder = try CopiesFolder()
        let file = try folder.write(
            "user default on nopass ~* &* +@all\n" + text.dropFirst(closed.count), to: "users.acl")
        let server = try await RedisTestServer.start(.init(tcp: tcp, config: ["aclfile \"\(file)\""] + config))
        return RedisUsers(server: server, folder: folder)
    }

    /// The users on the only node of a Redis Cluster.
    static func startCluster() async throws -> RedisUsers {
        var attempts = 10
        while true {
            attempts -= 1
            // Below the ports that the system gives out. Another program may have it: then another one is tried.
            let busPort = Int.random(in: 20_000..<30_000)
            do {
                let users = try await start(tcp: true, config: ["cluster-enabled yes", "cluster-port \(busPort)"])
                try await users.server.cli("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
                while try await !users.server.cli("CLUSTER", "INFO").contains("cluster_state:ok") {}
                return users
            } catch  where attempts > 0 {}
        }
    }

    /// For a server of `startCluster`.
    func clusterURL(_ user: String) throws -> String {
        "redis+cluster://\(user):change-\(user)@127.0.0.1:\(try #require(server.tcpPort))"
    }

    func url(_ user: String) -> String { "unix://\(user):change-\(user)@\(server.socketPath)" }

    /// Loads the functions as the administrator.
    func loadLibrary() async throws {
        let inspector = try Inspector(url: url("admin"))
        try await inspector.loadLibrary(pinned: false)
        await inspector.close()
    }

    /// Runs a command of Redis as a user.
    @discardableResult
    func run(_ command: [String], as user: String) async throws -> String {
        try await server.cli(["--user", user, "--pass", "change-\(user)", "--no-auth-warning"] + command)
    }

    /// Every command that Redis has refused, also where the caller went on without it; empty if there is none.
    func refused() async throws -> String {
        try await server.cli("ACL", "LOG").trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
