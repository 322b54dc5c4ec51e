import NIOCore
import Testing

@testable import Hiredis

/// Attempts to connect that fail, and those who wait for them.
@Suite(.timeLimit(.minutes(10))) struct ConnectingTests {
    private func failure(of client: RedisClient, timeout: Duration? = nil) async -> RedisError? {
        do throws(RedisError) {
            _ = try await client.send(["A"], timeout: timeout)
            return nil
        } catch {
            return error
        }
    }

    @Test func aRefusedConnectionIsToldAtOnceAndTheClientComesBackWhenTheServerDoes() async throws {
        let server = try await FakeServer.start { _, peer in peer.write("+OK\r\n") }
        let port = server.port
        try await server.stop()
        let client = RedisClient(RedisConfiguration(endpoint: .tcp(host: "127.0.0.1", port: port)))
        #expect(await failure(of: client) == .unreachable("127.0.0.1:\(port): connection refused"))
        // The next call comes during the pause, so it waits for the next attempt instead of failing unheard.
        #expect(await failure(of: client) == .unreachable("127.0.0.1:\(port): connection refused"))
        let again = try await FakeServer.start(port: port) { _, peer in peer.write("+BACK\r\n") }
        #expect(try await client.send(["A"]).root.string == "BACK")
        #expect(client.connections == 1)
        await client.close()
        try await again.stop()
    }

    @Test func aCallsDeadlineHoldsWhileItWaitsForAConnection() async throws {
        let server = try await FakeServer.start(greets: false) { _, _ in }
        let client = RedisClient(server.configuration)
        let error = await failure(of: client, timeout: .milliseconds(50))
        #expect(error == .unreachable("127.0.0.1:\(server.port): no connection within \(Duration.milliseconds(50))"))
        await client.close()
        try await server.stop()
    }

    @Test func aServerThatAcceptsAndStaysSilentIsGivenUp() async throws {
        let server = try await FakeServer.start(greets: false) { _, _ in }
        var configuration = server.configuration
        configuration.connectTimeout = .milliseconds(60)
        let client = RedisClient(configuration)
        guard case .unreachable(let reason)? = await failure(of: client) else {
            Issue.record("not unreachable")
            return
        }
        #expect(reason.contains("127.0.0.1:\(server.port): no"))
        #expect(client.connections == 0)
        await client.close()
        try await server.stop()
    }

    @Test func aServerThatHangsUpOnTheGreetingIsUnreachable() async throws {
        let server = try await FakeServer.start(greets: false) { _, peer in peer.close() }
        let client = RedisClient(server.configuration)
        #expect(
            await failure(of: client)
                == .unreachable(
                    "127.0.0.1:\(server.port): the server closed the connection; if it speaks TLS there, the URL begins with rediss://"
                ))
        await client.close()
        try await server.stop()
    }

    @Test(arguments: ["\u{15}\u{03}\u{03}\u{00}\u{02}\u{02}\u{0A}", "\u{16}\u{03}\u{01}\u{00}"])
    func aServerThatAnswersInTLSIsNamed(_ record: String) async throws {
        let server = try await FakeServer.start(greets: false) { _, peer in peer.write(record) }
        let client = RedisClient(server.configuration)
        #expect(
            await failure(of: client)
                == .protocolViolation("127.0.0.1:\(server.port): it speaks TLS there: the URL then begins with rediss://"))
        await client.close()
        try await server.stop()
    }

    @Test func aServerThatIsSilentToTLSIsNamed() async throws {
        let server = try await FakeServer.start(greets: false) { _, _ in }
        var configuration = server.configuration
        configuration.tls = RedisTLS(verification: .none)
        configuration.connectTimeout = .milliseconds(60)
        let client = RedisClient(configuration)
        guard case .unreachable(let reason)? = await failure(of: client) else {
            Issue.record("not unreachable")
            return
        }
        #expect(reason.hasSuffix("; if it does not speak TLS there, the URL begins with redis://"), "\(reason)")
        await client.close()
        try await server.stop()
    }

    @Test(arguments: [
        ("-NOAUTH Authentication required.", true), ("-DENIED Redis is running in protected mode", true),
        ("-ERR max number of clients reached", false),
    ])
    func tellsALockedDoorFromACrowd(greeting: String, isRefusal: Bool) async throws {
        let server = try await FakeServer.start(greets: false) { _, peer in peer.write(greeting + "\r\n") }
        let client = RedisClient(server.configuration)
        let said = isRefusal ? String(greeting.dropFirst()) : HandshakeStep.crowded
        let reason = "127.0.0.1:\(server.port): \(said)"
        #expect(await failure(of: client) == (isRefusal ? .refused(reason) : .unreachable(reason)))
        await client.close()
        try await server.stop()
    }

    @Test func aServerThatDoesNotLetUsNameOurselvesIsUsedAllTheSame() async throws {
        let server = try await FakeServer.start(greets: false) { words, peer in
            peer.write(words[0] == "CLIENT" ? "-NOPERM no permission\r\n" : "+OK\r\n")
        }
        let client = RedisClient(server.configuration)
        #expect(await failure(of: client) == nil)
        await client.close()
        try await server.stop()
    }

    @Test func missingHostsSocketsAndCertificatesAreNamed() async throws {
        let socket = RedisClient(try RedisConfiguration(url: "unix:///nowhere/redis.sock"))
        #expect(await failure(of: socket) == .unreachable("/nowhere/redis.sock: no such file or directory"))
        let host = RedisClient(try RedisConfiguration(url: "redis://no-such-host.invalid"))
        #expect(await failure(of: host) == .unreachable("no-such-host.invalid:6379: no such host"))
        let node = RedisClient(try RedisConfiguration(url: "redis+cluster://127.0.0.1:1,127.0.0.1:2"))
        #expect(await failure(of: node) == .unreachable("127.0.0.1:1: connection refused"))
        let secure = RedisClient(try RedisConfiguration(url: "rediss://127.0.0.1:1?ca=/nowhere/ca.pem"))
        guard case .unreachable(let reason)? = await failure(of: secure) else {
            Issue.record("not unreachable")
            return
        }
        #expect(reason.contains("/nowhere/ca.pem"))
    }

    @Test func callsThatGatherWhileConnectingGoOutInOrder() async throws {
        let server = try await FakeServer.start { words, peer in peer.write("+\(words[0])\r\n") }
        let client = RedisClient(server.configuration)
        let (replies, arrival) = AsyncStream.makeStream(of: String.self)
        for number in 0..<100 {
            client.send([String(number)], timeout: nil) { result in
                arrival.yield((try? result.get().root.string) ?? "failed")
                if number == 99 { arrival.finish() }
            }
        }
        #expect(await replies.reduce(into: []) { $0.append($1) } == (0..<100).map(String.init))
        #expect(client.connections == 1)
        await client.close()
        try await server.stop()
    }
}
