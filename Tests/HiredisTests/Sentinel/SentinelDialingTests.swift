import NIOCore
import Synchronization
import Testing

@testable import Hiredis

/// Connecting by sentinels, against fake ones.
@Suite(.timeLimit(.minutes(10))) struct SentinelDialingTests {
    /// Nobody listens there. The port of a server that was stopped may become another test's.
    private static let deadPort = 1

    private func failure(of client: RedisClient) async -> RedisError? {
        do throws(RedisError) {
            _ = try await client.send(["WHO"])
            return nil
        } catch {
            return error
        }
    }

    @Test func speaksToThePrimaryAndNamesIt() async throws {
        let primary = try await FakeSentinel.server("master", named: "primary")
        let sentinel = try await FakeSentinel.start(naming: primary.port)
        let client = RedisClient(FakeSentinel.configuration([sentinel.port]))
        #expect(client.place == "m by sentinel 127.0.0.1:\(sentinel.port)")
        #expect(try await client.send(["WHO"]).root.string == "primary")
        #expect(client.place == "127.0.0.1:\(primary.port) (by sentinel m)")
        #expect(client.connections == 1)
        // Red if a router names the first sentinel.
        let router = RedisRouter(FakeSentinel.configuration([sentinel.port]))
        #expect(try await router.nodes().map(\.endpoint) == [.tcp(host: "127.0.0.1", port: primary.port)])
        #expect(router.server == .tcp(host: "127.0.0.1", port: primary.port))
        await router.close()
        let located = try await FakeSentinel.configuration([sentinel.port]).located()
        #expect(located.topology == .server && located.endpoint == .tcp(host: "127.0.0.1", port: primary.port))
        await client.close()
        for server in [primary, sentinel] { try await server.stop() }
    }

    /// Red if the first sentinel may use all the time, or is asked first again.
    @Test func passesOverADeadAndASilentSentinelAndRemembersWhoAnswered() async throws {
        let primary = try await FakeSentinel.server("master")
        let asked = Mutex(0)
        let silent = try await FakeServer.start(greets: false) { _, _ in asked.withLock { $0 += 1 } }
        let sentinel = try await FakeSentinel.start(naming: primary.port)
        let ports = [Self.deadPort, silent.port, sentinel.port]
        let client = RedisClient(FakeSentinel.configuration(ports, within: .seconds(6)))
        #expect(await failure(of: client) == nil)
        _ = try? await client.send(["QUIT"])
        #expect(await failure(of: client) == nil)
        #expect(client.connections == 2)
        #expect(asked.withLock { $0 } == 1)
        await client.close()
        for server in [primary, silent, sentinel] { try await server.stop() }
    }

    @Test func learnsOfFurtherSentinels() async throws {
        let primary = try await FakeSentinel.server("master")
        let further = try await FakeSentinel.start(naming: primary.port)
        let isDead = Mutex(false)
        let seed = try await FakeSentinel.start(others: [further.port]) { isDead.withLock { $0 } ? nil : primary.port }
        let client = RedisClient(FakeSentinel.configuration([seed.port]))
        #expect(await failure(of: client) == nil)
        isDead.withLock { $0 = true }
        _ = try? await client.send(["QUIT"])
        #expect(await failure(of: client) == nil)
        #expect(client.connections == 2)
        await client.close()
        for server in [primary, further, seed] { try await server.stop() }
    }

    /// Red if only the server's own word counts: after a failover by hand it does not know for ten seconds.
    @Test func leavesAServerThatTheSentinelsNoLongerName() async throws {
        let old = try await FakeSentinel.server("master", named: "old")
        let new = try await FakeSentinel.server("master", named: "new")
        let named = Mutex(old.port)
        let sentinel = try await FakeSentinel.start { named.withLock { $0 } }
        let client = RedisClient(FakeSentinel.configuration([sentinel.port]))
        #expect(try await client.send(["WHO"]).root.string == "old")
        named.withLock { $0 = new.port }
        let end = ContinuousClock.now + .seconds(60)
        while try await client.send(["WHO"]).root.string != "new", ContinuousClock.now < end {}
        #expect(client.place == "127.0.0.1:\(new.port) (by sentinel m)")
        #expect(client.connections == 2)
        await client.close()
        for server in [old, new, sentinel] { try await server.stop() }
    }

    /// Red if one sentinel's word is enough.
    @Test func staysWhileMostSentinelsNameItsServer() async throws {
        let own = try await FakeSentinel.server("master", named: "own")
        let stale = try await FakeSentinel.server("master", named: "stale")
        let named = Mutex(own.port)
        let asked = Mutex(0)
        let behind = try await FakeSentinel.start {
            asked.withLock { $0 += 1 }
            return named.withLock { $0 }
        }
        let others = [try await FakeSentinel.start(naming: own.port), try await FakeSentinel.start(naming: own.port)]
        let client = RedisClient(FakeSentinel.configuration([behind.port] + others.map(\.port)))
        #expect(try await client.send(["WHO"]).root.string == "own")
        named.withLock { $0 = stale.port }
        asked.withLock { $0 = 0 }
        let end = ContinuousClock.now + .seconds(60)
        while asked.withLock({ $0 }) < 3, ContinuousClock.now < end {
            #expect(try await client.send(["WHO"]).root.string == "own")
        }
        #expect(client.connections == 1)
        await client.close()
        for server in [own, stale, behind] + others { try await server.stop() }
    }

    @Test func doesNotTrustASentinelThatNamesAReplica() async throws {
        let (old, new) = (try await FakeSentinel.server("replica"), try await FakeSentinel.server("master", named: "new"))
        let behind = try await FakeSentinel.start(naming: old.port)
        let informed = try await FakeSentinel.start(naming: new.port)
        let client = RedisClient(FakeSentinel.configuration([behind.port, informed.port]))
        #expect(try await client.send(["WHO"]).root.string == "new")
        await client.close()
        let misled = RedisClient(FakeSentinel.configuration([behind.port]))
        guard case .unreachable(let reason)? = await failure(of: misled) else {
            Issue.record("it took a replica")
            return
        }
        #expect(reason.contains("127.0.0.1:\(old.port) is a replica, though sentinel 127.0.0.1:\(behind.port) names it"))
        #expect(misled.connections == 0)
        await misled.close()
        for server in [old, new, behind, informed] { try await server.stop() }
    }

    @Test func saysInOneLineWhatIsWrong() async throws {
        let ignorant = try await FakeSentinel.start(naming: nil)
        let stale = try await FakeSentinel.start(naming: Self.deadPort)
        let locked = try await FakeServer.start(greets: false) { _, peer in peer.write("-NOAUTH Authentication required.\r\n") }
        let secure = try await FakeServer.start(greets: false) { _, peer in peer.write("\u{15}\u{03}\u{03}\u{00}\u{02}") }
        for (port, reason) in [
            (ignorant.port, "sentinel 127.0.0.1:\(ignorant.port) knows no primary 'm'"),
            (Self.deadPort, "no sentinel of 'm' answers (sentinel 127.0.0.1:1: connection refused)"),
            (stale.port, "127.0.0.1:1 (by sentinel m): connection refused; sentinel 127.0.0.1:\(stale.port) names it"),
            (locked.port, "sentinel 127.0.0.1:\(locked.port): NOAUTH Authentication required.; the URL names"),
            (secure.port, "the URL then begins with rediss+sentinel://"),
        ] {
            let client = RedisClient(FakeSentinel.configuration([port]))
            let error = await failure(of: client)?.description ?? "none"
            #expect(error.contains(reason) && !error.contains("\n"), "\(error)")
            await client.close()
        }
        for server in [ignorant, stale, locked, secure] { try await server.stop() }
    }

    /// Red if a sentinel is told the server's password, or the server the sentinels'.
    @Test func eachGetsItsOwnCredentialsAndOnlyTheServerTheRest() async throws {
        let (heard, tell) = AsyncStream.makeStream(of: [String].self)
        let primary = try await FakeServer.start(greets: false) { words, peer in
            tell.yield(["server"] + words)
            peer.write(words[0] == "HELLO" ? FakeSentinel.array(["role", "master"]) : "+OK\r\n")
        }
        let port = primary.port
        let sentinel = try await FakeServer.start(greets: false) { words, peer in
            tell.yield(["sentinel"] + words.prefix(3))
            let isNamed = words.dropFirst().first == "GET-MASTER-ADDR-BY-NAME"
            peer.write(isNamed ? FakeSentinel.array(["127.0.0.1", "\(port)"]) : "+OK\r\n")
        }
        let url = "redis+sentinel://me:pw@127.0.0.1:\(sentinel.port)/m?sentinel-user=w&sentinel-password=sp&db=2"
        var configuration = try RedisConfiguration(url: url)
        configuration.connectTimeout = .seconds(40)
        let client = RedisClient(configuration) { session throws(RedisError) in _ = try await session.send(["CHECK"]) }
        #expect(await failure(of: client) == nil)
        await client.close()
        tell.finish()
        let expected = [
            ["sentinel", "AUTH", "w", "sp"], ["sentinel", "CLIENT", "SETNAME", "sluice"],
            ["sentinel", "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "m"], ["sentinel", "SENTINEL", "SENTINELS", "m"],
            ["server", "AUTH", "me", "pw"], ["server", "SELECT", "2"], ["server", "CLIENT", "SETNAME", "sluice"],
            ["server", "HELLO", "2"], ["server", "CHECK"], ["server", "WHO"],
        ]
        // Behind these it asks the sentinel again and again.
        let all = await heard.reduce(into: []) { $0.append($1) }
        #expect(Array(all.prefix(expected.count)) == expected)
        for server in [primary, sentinel] { try await server.stop() }
    }
}
