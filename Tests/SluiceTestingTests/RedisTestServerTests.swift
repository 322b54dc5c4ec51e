import Foundation
import SluiceTesting
import Testing

@Suite(.timeLimit(.minutes(10)))
struct RedisTestServerTests {
    @Test func oneServerIsSharedByTheProcess() async throws {
        async let first = RedisTestServer.shared()
        async let second = RedisTestServer.shared()
        let servers = try await [first, second]
        #expect(servers[0] === servers[1])
        #expect(try await servers[0].cli("PING") == "PONG")
        if !TestTopology.isCluster { #expect(servers[0].url == "unix://" + servers[0].socketPath) }
    }

    @Test func errorRepliesThrow() async throws {
        let server = try await RedisTestServer.shared()
        let error = await #expect(throws: RedisTestServerError.self) { try await server.cli("NOSUCHCOMMAND") }
        #expect(error?.description.contains("unknown command") == true)
    }

    @Test func dataOutlivesAKillWithTheAppendOnlyFile() async throws {
        let server = try await RedisTestServer.start(.init(aof: true, tcp: true, config: ["appendfsync always"]))
        try await server.cli("SET", "kept", "two words")
        let before = await server.processID
        try await server.kill()
        #expect(await server.processID == nil)
        await #expect(throws: RedisTestServerError.self) { try await server.cli("PING") }
        try await server.restart()
        #expect(try await server.cli("GET", "kept") == "two words")
        #expect(await server.processID != before)
    }

    @Test func withoutItAStopForgets() async throws {
        let server = try await RedisTestServer.start()
        try await server.cli("SET", "k", "v")
        try await server.restart()
        #expect(try await server.cli("EXISTS", "k") == "0")
        try await server.stop()
        try await server.stop()
    }

    @Test func aSuspendedServerAnswersAfterItsResumption() async throws {
        let server = try await RedisTestServer.start()
        try await server.suspend()
        async let answer = server.cli("PING")
        try await server.resume()
        #expect(try await answer == "PONG")
    }

    @Test func tlsAsksForAClientCertificate() async throws {
        let server = try await RedisTestServer.start(.init(tls: true))
        let tls = try #require(server.tls)
        let port = try #require(server.tlsPort)
        #expect(server.url.hasPrefix("rediss://127.0.0.1:\(port)?ca="))
        let address = ["-h", "127.0.0.1", "-p", "\(port)", "--tls", "--cacert", tls.authority]
        let identity = ["--cert", tls.clientCertificate, "--key", tls.clientKey]
        #expect(try await runCommand("redis-cli", address + identity + ["PING"]) == "PONG\n")
        #expect(try await runCommand("redis-cli", address + ["PING"]) != "PONG\n")
    }

    @Test func usersAndReplicas() async throws {
        let primary = try await RedisTestServer.start(.init(tcp: true, aclUsers: ["reader on >secret ~* +get"]))
        try await primary.cli("SET", "k", "v")
        #expect(try await primary.cli("--user", "reader", "--pass", "secret", "--no-auth-warning", "GET", "k") == "v")
        let replica = try await RedisTestServer.start(.init(replicaOf: primary))
        #expect(try await primary.cli("WAIT", "1", "20000") == "1")
        #expect(try await replica.cli("GET", "k") == "v")
    }

    @Test func aBadConfigurationIsNamedInTheError() async throws {
        let error = await #expect(throws: (any Error).self) {
            try await RedisTestServer.start(.init(config: ["no-such-setting 1"]))
        }
        #expect("\(error, default: "none")".contains("no-such-setting"))
    }

    @Test func theDirectoryGoesWithTheServer() async throws {
        var server: RedisTestServer? = try await RedisTestServer.start(.init(aof: true))
        let directory = try #require(server?.directory)
        #expect(try FileManager.default.attributesOfItem(atPath: directory)[.posixPermissions] as? Int == 0o700)
        server = nil
        try await eventually { !FileManager.default.fileExists(atPath: directory) }
    }
}
