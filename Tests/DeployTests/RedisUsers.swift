import Foundation
import SluiceInspector
import SluiceTesting

/// A Redis with the users of `deploy/redis/users.acl`. Only its user `default` is another: the tests look with it.
struct RedisUsers: Sendable {
    let server: RedisTestServer
    private let folder: CopiesFolder

    /// The file lets all in who give no name.
    private struct IsOpen: Error {}

    static func start(tcp: Bool = false) async throws -> RedisUsers {
        let closed = "user default off resetpass ~* &* +@all\n"
        let text = try DeployFiles.text("redis/users.acl")
        guard text.hasPrefix(closed) else { throw IsOpen() }
        let folder = try CopiesFolder()
        let file = try folder.write(
            "user default on nopass ~* &* +@all\n" + text.dropFirst(closed.count), to: "users.acl")
        let server = try await RedisTestServer.start(.init(tcp: tcp, config: ["aclfile \"\(file)\""]))
        return RedisUsers(server: server, folder: folder)
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
