import Foundation
import SluiceInspector
import SluiceTesting
import Subprocess
import SystemPackage
import Testing

/// The configurations of Redis and Sentinel, as these programs read them.
@Suite(.timeLimit(.minutes(5)))
struct RedisFileTests {
    private static func lines(_ name: String) throws -> [String] {
        try DeployFiles.text(name).split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }

    /// Where it listens and whom it lets in is that of the test; all else is that of the file.
    @Test func redisStartsAndTheDoctorFindsNothing() async throws {
        let places = ["bind", "port", "protected-mode", "aclfile"]
        let settings = try Self.lines("redis/redis.conf").filter { line in !places.contains { line.hasPrefix("\($0) ") } }
        let server = try await RedisTestServer.start(.init(config: settings))
        let inspector = try Inspector(url: server.url)
        try await inspector.loadLibrary(pinned: false)
        let part = try #require(try await inspector.diagnose().parts.first)
        #expect(part.subject == .server && part.findings == [] && part.unseen == [])
        await inspector.close()
        for (setting, value) in [("appendonly", "yes"), ("maxmemory-policy", "noeviction"), ("maxmemory", "1073741824")] {
            #expect(try await server.cli("CONFIG", "GET", setting) == "\(setting)\n\(value)")
        }
    }

    private static let sentinel = Checker("redis-server") ?? Checker("valkey-server")

    /// Sentinel takes the file, and its user may do all that it needs to watch a primary.
    @Test(.enabled(if: sentinel != nil, "redis-server is not in PATH"))
    func sentinelWatches() async throws {
        let users = try await RedisUsers.start(tcp: true)
        let port = try #require(users.server.tcpPort)
        let folder = try CopiesFolder()
        // It listens on a socket, so that it needs no free port.
        let text = try DeployFiles.text("redis/sentinel.conf")
            .replacing("\nport 26379\n", with: "\nport 0\nunixsocket \(folder.path)/sentinel.sock\n")
            .replacing(" redis-1 6379 ", with: " 127.0.0.1 \(port) ")
        let file = try folder.write(text, to: "sentinel.conf")
        let program = try #require(Self.sentinel).path
        let result = try await run(
            .path(FilePath(program)), arguments: [file, "--sentinel"], workingDirectory: FilePath(folder.path), input: .none,
            output: .sequence, error: .discarded
        ) { process in
            defer { kill(process.processIdentifier.value, SIGKILL) }
            for try await line in process.standardOutput.strings() where line.contains("+monitor master sluice") {
                return try await Self.isWatched(users.server)
            }
            return false
        }
        #expect(result.closureResult)
        let refused = try await users.refused()
        #expect(refused.isEmpty, "\(refused)")
    }

    /// Waits until Sentinel has logged in and listens to the other Sentinels.
    private static func isWatched(_ server: RedisTestServer) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            let clients = try await server.cli("CLIENT", "LIST").split(separator: "\n")
            if clients.contains(where: { $0.contains(" user=sentinel ") && $0.contains("cmd=subscribe") }) { return true }
        }
        return false
    }
}
