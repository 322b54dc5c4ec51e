import SluiceTesting
import Testing

@testable import Hiredis

/// Against real sentinels and servers.
@Suite(.timeLimit(.minutes(10))) struct RealSentinelTests {
    private func client(_ url: String, _ change: (inout RedisConfiguration) -> Void = { _ in }) throws -> RedisClient {
        var configuration = try RedisConfiguration(url: url)
        configuration.connectTimeout = .seconds(40)
        configuration.commandTimeout = .seconds(40)
        change(&configuration)
        return RedisClient(configuration)
    }

    /// A primary, its replica, and a sentinel that knows both.
    private func trio() async throws -> (primary: RedisTestServer, replica: RedisTestServer, sentinel: RedisTestServer) {
        let primary = try await TestSentinel.server(.init(tcp: true))
        let replica = try await TestSentinel.server(.init(tcp: true, replicaOf: primary))
        try await wait(for: "master_link_status:up", in: "replication", of: replica)
        let sentinel = try await TestSentinel.start(watching: primary)
        try await wait(for: "status=ok,address=127.0.0.1:\(primary.tcpPort ?? 0),slaves=1", in: "sentinel", of: sentinel)
        return (primary, replica, sentinel)
    }

    private func wait(for text: String, in section: String, of server: RedisTestServer) async throws {
        let client = try client(server.socketURL)
        while try await client.send(["INFO", section]).root.string?.contains(text) != true {}
        await client.close()
    }

    /// Fails over. A sentinel that has just met the replica does not trust it yet.
    private func failOver(_ sentinel: RedisTestServer) async throws {
        let client = try client(sentinel.socketURL)
        var accepted = false
        while !accepted {
            do throws(RedisError) {
                accepted = try await client.send(["SENTINEL", "FAILOVER", "m"]).root.string == "OK"
            } catch {
                guard case .server(let reply) = error, reply.code == "NOGOODSLAVE" else { throw error }
            }
        }
        await client.close()
    }

    /// Writes until the server that is expected has taken a write. The client's own pauses are between the calls that fail.
    private func write(_ client: RedisClient, untilTakenBy server: RedisTestServer) async -> [RedisError] {
        let place = "127.0.0.1:\(server.tcpPort ?? 0) (by sentinel m)"
        var errors: [RedisError] = []
        while !Task.isCancelled {
            do throws(RedisError) {
                _ = try await client.send(["INCR", "n"], timeout: .seconds(2))
                if client.place == place { return errors }
            } catch {
                errors.append(error)
            }
        }
        return errors
    }

    @Test func followsAFailoverByHand() async throws {
        let (primary, replica, sentinel) = try await trio()
        let client = try client(TestSentinel.url([sentinel]))
        _ = try await client.send(["SET", "n", "1"])
        #expect(try await client.send(["WAIT", "1", "0"]).root.integer == 1)
        #expect(client.place == "127.0.0.1:\(primary.tcpPort ?? 0) (by sentinel m)")
        try await failOver(sentinel)
        _ = await write(client, untilTakenBy: replica)
        #expect(try await replica.cli("ROLE").hasPrefix("master"))
        let count = try await client.send(["GET", "n"]).root.integer
        #expect(count ?? 0 > 1, "the replica had the first write: \(String(describing: count))")
        await client.close()
        for server in [sentinel, replica, primary] { try await server.stop() }
    }

    @Test func followsTheFailoverOfAKilledPrimary() async throws {
        let (primary, replica, sentinel) = try await trio()
        let client = try client(TestSentinel.url([sentinel]))
        _ = try await client.send(["INCR", "n"])
        try await primary.kill()
        let errors = await write(client, untilTakenBy: replica)
        #expect(!errors.isEmpty && errors.allSatisfy { if case .refused = $0 { false } else { true } }, "\(errors)")
        await client.close()
        for server in [sentinel, replica] { try await server.stop() }
    }

    @Test func aBlockedCallHearsOfTheDemotionAndTheNextFindsThePrimary() async throws {
        let (primary, replica, sentinel) = try await trio()
        let client = try client(TestSentinel.url([sentinel]))
        let blocked = Task { () async -> RedisError? in
            do throws(RedisError) {
                _ = try await client.sendBlocking(["BLPOP", "tokens", "300"], blockFor: .seconds(300))
                return nil
            } catch {
                return error
            }
        }
        try await wait(for: "blocked_clients:1", in: "clients", of: primary)
        try await failOver(sentinel)
        let error = await blocked.value
        switch error {
        case .server(let reply)?: #expect(reply.code == "UNBLOCKED")
        // The client asks the sentinel, and mostly knows before the server.
        case .lost?: break
        case .unreachable?, .timedOut?, .protocolViolation?, .refused?, .closed?, nil:
            Issue.record("\(String(describing: error))")
        }
        _ = await write(client, untilTakenBy: replica)
        await client.close()
        for server in [sentinel, replica, primary] { try await server.stop() }
    }

    @Test func speaksTLSToTheSentinelAndTheServer() async throws {
        let primary = try await TestSentinel.server(.init(tls: true, config: ["tls-auth-clients no"]))
        // It cannot reach the server, for whose authority it has no certificate. It tells what it was configured with.
        let sentinel = try await TestSentinel.start(
            config: ["tls-auth-clients no", "sentinel monitor m 127.0.0.1 \(primary.tlsPort ?? 0) 1"], tls: true)
        let port = sentinel.tlsPort ?? 0
        let client = try client("rediss+sentinel://127.0.0.1:\(port)/m?verify=none")
        #expect(try await client.send(["PING"]).root.string == "PONG")
        #expect(client.place == "127.0.0.1:\(primary.tlsPort ?? 0) (by sentinel m)")
        let plain = try self.client("redis+sentinel://127.0.0.1:\(port)/m")
        do throws(RedisError) {
            _ = try await plain.send(["PING"])
            Issue.record("got through without TLS")
        } catch {
            #expect(error.description.contains("rediss+sentinel://"), "\(error)")
        }
        for client in [client, plain] { await client.close() }
        for server in [sentinel, primary] { try await server.stop() }
    }

    @Test func oneSentinelOfThreeIsEnough() async throws {
        let primary = try await TestSentinel.server(.init(tcp: true))
        let dead = try await TestSentinel.start(watching: primary)
        let silent = try await TestSentinel.start(watching: primary)
        let sentinel = try await TestSentinel.start(watching: primary)
        try await dead.kill()
        try await silent.suspend()
        let client = try client(TestSentinel.url([dead, silent, sentinel])) { $0.connectTimeout = .seconds(8) }
        #expect(try await client.send(["PING"]).root.string == "PONG")
        try await silent.resume()
        await client.close()
        for server in [silent, sentinel, primary] { try await server.stop() }
    }

    @Test func aNameThatTheSentinelDoesNotKnowIsTold() async throws {
        let primary = try await TestSentinel.server(.init(tcp: true))
        let sentinel = try await TestSentinel.start(watching: primary)
        let client = try client(TestSentinel.url([sentinel], name: "other"))
        let reason = """
            sentinel 127.0.0.1:\(sentinel.tcpPort ?? 0) knows no primary 'other': end the URL with a name that SENTINEL MASTERS \
            lists there
            """
        await #expect(throws: RedisError.unreachable(reason)) { try await client.send(["PING"]) }
        // A server in place of a sentinel.
        let confused = try self.client(TestSentinel.url([primary]))
        do throws(RedisError) {
            _ = try await confused.send(["PING"])
            Issue.record("a server passed for a sentinel")
        } catch {
            #expect(error.description.contains("it is no sentinel; sentinels listen on port 26379"), "\(error)")
        }
        for client in [client, confused] { await client.close() }
        for server in [sentinel, primary] { try await server.stop() }
    }

    @Test func logsInToTheSentinelAndToTheServerWithoutFurtherRights() async throws {
        // The least that a user of Sluice may do: the role must be found without ROLE.
        let primary = try await TestSentinel.server(.init(tcp: true, aclUsers: ["worker on >pw ~* -@all +get +client|setname"]))
        let sentinel = try await TestSentinel.start(
            watching: primary,
            config: ["user default off", "user app on >sp -@all +client|setname +sentinel|get-master-addr-by-name"])
        let base = "redis+sentinel://worker:pw@127.0.0.1:\(sentinel.tcpPort ?? 0)/m"
        let client = try client(base + "?sentinel-user=app&sentinel-password=sp")
        #expect(try await client.send(["GET", "n"]).root.isNull)
        let stranger = try self.client(base)
        do throws(RedisError) {
            _ = try await stranger.send(["GET", "n"])
            Issue.record("got in without the sentinels' password")
        } catch {
            guard case .refused(let reason) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(reason.contains("sentinel-password"))
        }
        for client in [client, stranger] { await client.close() }
        for server in [sentinel, primary] { try await server.stop() }
    }
}
