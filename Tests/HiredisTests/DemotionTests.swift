import NIOCore
import SluiceTesting
import Synchronization
import Testing

@testable import Hiredis

/// Servers that become replicas under a client.
@Suite(.timeLimit(.minutes(10))) struct DemotionTests {
    private func failure(of client: RedisClient, _ command: RedisCommand) async -> RedisError? {
        do throws(RedisError) {
            _ = try await client.send(command)
            return nil
        } catch {
            return error
        }
    }

    private func error(of result: Result<RedisReply, RedisError>) -> RedisError? {
        if case .failure(let error) = result { error } else { nil }
    }

    /// Red if the connection is kept, or is closed under the calls in flight.
    @Test(arguments: ["READONLY", "MASTERDOWN", "UNBLOCKED"])
    func laterCallsGoOverANewConnectionAndThoseInFlightKeepTheirReplies(code: String) async throws {
        let held = Mutex<FakeServer.Peer?>(nil)
        let server = try await FakeServer.start { words, peer in
            switch words[0] {
            case "WRITE" where peer.number == 1: break
            // Both are in flight; this answers the first.
            case "SLOW" where peer.number == 1:
                held.withLock { $0 = peer }
                peer.write("-\(code) You can't write against a read only replica.\r\n")
            case "WRITE":
                held.withLock { $0 }?.write("+slow\r\n")
                peer.write("+\(peer.number)\r\n")
            default: peer.write("+\(words[0])\r\n")
            }
        }
        let client = RedisClient(server.configuration)
        let refused = AsyncStream.makeStream(of: RedisError?.self)
        let slow = AsyncStream.makeStream(of: String?.self)
        client.send(["WRITE"], timeout: nil) { result in
            refused.continuation.yield(error(of: result))
            refused.continuation.finish()
        }
        client.send(["SLOW"], timeout: nil) { result in
            slow.continuation.yield((try? result.get())?.root.string)
            slow.continuation.finish()
        }
        for await error in refused.stream {
            #expect(
                error == .server(RedisServerError(code: code, message: "You can't write against a read only replica.")))
        }
        #expect(try await client.send(["WRITE"]).root.string == "2")
        for await reply in slow.stream { #expect(reply == "slow") }
        #expect(client.connections == 2)
        await client.close()
        try await server.stop()
    }

    @Test func closingEndsCallsThatStillWaitForADemotedServer() async throws {
        let server = try await FakeServer.start { words, peer in
            // Both are in flight; this answers the first.
            if words[0] == "SLOW" { peer.write("-READONLY\r\n") }
        }
        let client = RedisClient(server.configuration)
        let (ends, end) = AsyncStream.makeStream(of: RedisError?.self)
        for command in ["WRITE", "SLOW"] as [String] {
            client.send([command], timeout: nil) { result in
                end.yield(error(of: result))
            }
        }
        var errors = ends.makeAsyncIterator()
        guard case .server?? = await errors.next() else {
            Issue.record("no demotion")
            return
        }
        await client.close()
        let last = await errors.next()
        guard case .lost(let reason)?? = last else {
            Issue.record("\(String(describing: last))")
            return
        }
        #expect(reason.contains("the client was closed"))
        try await server.stop()
    }

    @Test func aDemotedServerIsLeftAndItsSuccessorIsFoundUnderTheSameName() async throws {
        let (old, other) = (
            try await RedisTestServer.start(.init(tcp: true)), try await RedisTestServer.start(.init(tcp: true))
        )
        var configuration = try RedisConfiguration(url: old.url)
        configuration.connectTimeout = .seconds(40)
        configuration.commandTimeout = .seconds(40)
        let client = RedisClient(configuration)
        let blocking = RedisClient(configuration)
        #expect(await failure(of: client, ["SET", "a", "1"]) == nil)
        let blocked = Task { () async -> RedisError? in
            do throws(RedisError) {
                _ = try await blocking.sendBlocking(["BLPOP", "tokens", "300"], blockFor: .seconds(300))
                return nil
            } catch {
                return error
            }
        }
        while try await client.send(["INFO", "clients"]).root.string?.contains("blocked_clients:1") != true {}
        try await old.cli("REPLICAOF", "127.0.0.1", "\(other.tcpPort ?? 0)")
        guard case .server(let unblocked)? = await blocked.value else {
            Issue.record("not unblocked")
            return
        }
        #expect(unblocked.code == "UNBLOCKED")
        guard case .server(let refusal)? = await failure(of: client, ["SET", "a", "2"]) else {
            Issue.record("wrote to a replica")
            return
        }
        #expect(refusal.code == "READONLY")
        try await old.cli("REPLICAOF", "NO", "ONE")
        #expect(await failure(of: client, ["SET", "a", "3"]) == nil)
        #expect(client.connections == 2)
        #expect(await failure(of: blocking, ["PING"]) == nil)
        #expect(blocking.connections == 2)
        for client in [client, blocking] { await client.close() }
        for server in [old, other] { try await server.stop() }
    }
}
