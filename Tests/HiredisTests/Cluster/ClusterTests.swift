import Logging
import SluiceTesting
import Synchronization
import TestSupport
import Testing

@testable import Hiredis

/// Against clusters of real servers.
@Suite(.timeLimit(.minutes(10))) struct ClusterTests {
    private func failure(of router: RedisRouter, key: String = "a") async -> RedisError? {
        do throws(RedisError) {
            _ = try await router.send(["GET", key], key: key)
            return nil
        } catch {
            return error
        }
    }

    @Test func callsGoToTheNodesOfTheirSlots() async throws {
        let cluster = try await TestCluster.start()
        let router = RedisRouter(cluster.configuration)
        let keys = (0..<3_000).map { "key-\($0)" }
        let results = try await router.pipeline(keys.map { (["SET", $0, $0], $0) })
        #expect(results.allSatisfy { (try? $0.get().root.string) == "OK" })
        let values = try await router.pipeline(keys.map { (["GET", $0], $0) })
        #expect(try values.map { try $0.get().root.string } == keys)
        for key in keys.prefix(50) { #expect(try await router.send(["GET", key], key: key).root.string == key) }
        // One connection to each primary: a redirect would have been a wrong first choice.
        #expect(router.connections == 3)
        #expect(Set(try await router.primaries()) == Set(cluster.endpoints))
        #expect(try await router.nodes().flatMap(\.slots).reduce(0) { $0 + $1.count } == HashSlot.count)
        let owner = try await router.node(forKey: "key-1")
        #expect(try await router.send(["GET", "key-1"], node: owner).root.string == "key-1")
        #expect(try await router.send(["PING"], node: nil).root.string == "PONG")
        await router.close()
        await #expect(throws: RedisError.closed) { try await router.send(["GET", "a"], key: "a") }
    }

    /// A client that follows ASK runs the command on the importing node before the slot has arrived, and the key is there.
    @Test func aCallToAMovingSlotEndsAtTheNewNode() async throws {
        let cluster = try await TestCluster.start()
        let told = Occurrences()
        let router = RedisRouter(
            cluster.configuration, logger: Logger(label: "test") { _ in LineCounter(text: "is being moved", lines: told) })
        let (old, new) = ("{tag}old", "{tag}new")
        let slot = HashSlot.of(old)
        _ = try await router.send(["SET", old, "1"], key: old)
        let source = try #require(cluster.endpoints.firstIndex(of: try await router.node(forKey: old)))
        let target = (source + 1) % 3
        try await cluster.beginMove(of: slot, from: source, to: target)
        async let first = router.send(["INCR", new], key: new)
        async let second = router.pipeline([(["INCR", new], new), (["INCR", "elsewhere"], "elsewhere")])
        await told.wait()
        #expect(try await cluster.servers[target].cli("CLUSTER", "COUNTKEYSINSLOT", "\(slot)") == "0")
        try await cluster.moveKeys(of: slot, from: source, to: target)
        #expect(try await cluster.servers[target].cli("CLUSTER", "COUNTKEYSINSLOT", "\(slot)") == "1")
        try await cluster.endMove(of: slot, from: source, to: target)
        let counts = try await [first.root.integer, second.first?.get().root.integer]
        #expect(counts.compactMap { $0 }.sorted() == [1, 2])
        #expect(try await second.last?.get().root.integer == 1)
        #expect(try await router.send(["GET", old], key: old).root.string == "1")
        #expect(try await router.node(forKey: old) == cluster.endpoints[target])
        #expect(told.count == 1)
        await router.close()
    }

    @Test func callsGoOnWhileASlotMovesBackAndForth() async throws {
        let cluster = try await TestCluster.start()
        let router = RedisRouter(cluster.configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let key = "{tag}counter"
        let slot = HashSlot.of(key)
        _ = try await router.send(["INCR", key], key: key)
        var source = try #require(cluster.endpoints.firstIndex(of: try await router.node(forKey: key)))
        let isOver = Mutex(false)
        async let calls = {
            var count = 1
            while !isOver.withLock({ $0 }) {
                _ = try await router.send(["INCR", key], key: key)
                count += 1
            }
            return count
        }()
        for _ in 0..<6 {
            let target = (source + 1) % 3
            try await cluster.beginMove(of: slot, from: source, to: target)
            try await cluster.moveKeys(of: slot, from: source, to: target)
            try await cluster.endMove(of: slot, from: source, to: target)
            source = target
        }
        isOver.withLock { $0 = true }
        // Each call was executed once: one that was repeated after it had been executed would be counted twice.
        let count = try await calls
        #expect(try await router.send(["GET", key], key: key).root.integer == count)
        await router.close()
    }

    @Test func aReplicaTakesOverFromAKilledPrimary() async throws {
        let cluster = try await TestCluster.start(replicas: 1)
        let router = RedisRouter(cluster.configuration)
        let key = TestCluster.key(in: 0...5_460)
        _ = try await router.send(["SET", key, "1"], key: key)
        #expect(try await router.nodes().filter { $0.role == .replica }.map(\.endpoint) == [cluster.endpoints[3]])
        try await cluster.servers[0].kill()
        // The seed is dead, too: the other nodes give the map.
        try await TestCluster.eventually {
            do throws(RedisError) {
                _ = try await router.send(["SET", key, "2"], key: key)
                return true
            } catch {
                switch error {
                case .unreachable, .lost: return false
                case .server(let reply):
                    guard reply.code == "CLUSTERDOWN" else { throw error }
                    return false
                case .timedOut, .protocolViolation, .refused, .closed: throw error
                }
            }
        }
        #expect(try await router.node(forKey: key) == cluster.endpoints[3])
        #expect(try await cluster.servers[3].cli("GET", key) == "2")
        await router.close()
    }

    @Test func aBlockingCallerFollowsItsSlot() async throws {
        let cluster = try await TestCluster.start(replicas: 1)
        let router = RedisRouter(cluster.configuration)
        let key = TestCluster.key(in: 0...5_460)
        let slot = HashSlot.of(key)
        let blocking = router.blocking(forKey: key)
        func isBlocked(on index: Int) async throws -> Bool {
            try await cluster.servers[index].cli("INFO", "clients").contains("blocked_clients:1")
        }
        // The server answers a blocked client MOVED when the slot leaves.
        async let first = blocking.send(["BLPOP", key, "60"], blockFor: .seconds(60))
        try await TestCluster.eventually { try await isBlocked(on: 0) }
        try await cluster.beginMove(of: slot, from: 0, to: 1)
        try await cluster.endMove(of: slot, from: 0, to: 1)
        try await TestCluster.eventually { try await isBlocked(on: 1) }
        _ = try await router.send(["RPUSH", key, "moved"], key: key)
        #expect(try await first.root[1].string == "moved")
        // And UNBLOCKED when it becomes a replica.
        let other = TestCluster.key(in: slot + 1...5_460)
        let second = router.blocking(forKey: other)
        async let popped = second.send(["BLPOP", other, "60"], blockFor: .seconds(60))
        try await TestCluster.eventually { try await isBlocked(on: 0) }
        try await cluster.servers[3].cli("CLUSTER", "FAILOVER", "TAKEOVER")
        try await TestCluster.eventually { try await isBlocked(on: 3) }
        _ = try await router.send(["RPUSH", other, "promoted"], key: other)
        #expect(try await popped.root[1].string == "promoted")
        await blocking.close()
        await second.close()
        await #expect(throws: RedisError.closed) { try await second.send(["BLPOP", other, "1"], blockFor: .seconds(1)) }
        await router.close()
    }

    /// The question for the map waits behind the WAIT on the same connection. With a timeout of a second it would end the connection,
    /// and the outcome of a call that Redis has accepted would be unknown.
    @Test func aQuestionForTheMapDoesNotEndACallThatWaitsForReplicas() async throws {
        let cluster = try await TestCluster.start(slots: [0...16_383])
        var configuration = cluster.configuration
        configuration.commandTimeout = .seconds(1)
        let router = RedisRouter(configuration)
        _ = try await router.send(["SET", "a", "1"], key: "a", timeout: .seconds(60))
        let commands: [RedisCommand] = [["SET", "a", "2"], ["WAIT", "1", "4000"]]
        async let results = router.pipeline(together: commands, key: "a", timeout: .seconds(60))
        try await TestCluster.eventually {
            try await cluster.servers[0].cli("INFO", "clients").contains("blocked_clients:1")
        }
        for _ in 0..<2 { _ = try await router.nodes() }
        #expect(try await results[1].get().root.integer == 0)
        #expect(router.connections == 1)
        await router.close()
    }

    @Test func cancellingABlockingCallerEndsItsWait() async throws {
        var configuration = RedisConfiguration(endpoint: .tcp(host: "127.0.0.1", port: 1))
        configuration.topology = .cluster(seeds: [configuration.endpoint])
        let cluster = try await TestCluster.start(slots: [0...100])
        let whole = RedisRouter(cluster.configuration)
        let blocking = whole.blocking(forKey: TestCluster.key(in: 101...16_383))
        let wait = Task { try await blocking.send(["BLPOP", "x", "600"], blockFor: .seconds(600)) }
        wait.cancel()
        // The slot has no node, so that without the cancellation this would wait for ten minutes.
        await #expect(throws: RedisError.closed) { try await wait.value }
        await blocking.close()
        await whole.close()
    }

    @Test func slotsWithoutANodeAreNamed() async throws {
        let cluster = try await TestCluster.start(slots: [0...5_000, 5_461...16_383])
        var configuration = cluster.configuration
        configuration.commandTimeout = .seconds(2)
        let router = RedisRouter(configuration)
        let key = TestCluster.key(in: 5_001...5_460)
        guard case .unreachable(let reason)? = await failure(of: router, key: key) else {
            Issue.record("not unreachable")
            return
        }
        #expect(reason.contains("slot \(HashSlot.of(key))") && reason.contains("5001-5460"), "\(reason)")
        #expect(await failure(of: router, key: TestCluster.key(in: 0...5_000)) == nil)
        await router.close()
    }

    @Test func aServerThatIsNoClusterIsNamed() async throws {
        let server = try await RedisTestServer.start(RedisTestServer.Options(tcp: true))
        let endpoint = RedisEndpoint.tcp(host: "127.0.0.1", port: server.tcpPort ?? 0)
        var configuration = RedisConfiguration(endpoint: endpoint)
        configuration.topology = .cluster(seeds: [.tcp(host: "127.0.0.1", port: 1), endpoint])
        let router = RedisRouter(configuration)
        #expect(await failure(of: router) == .refused("\(endpoint) is no Redis Cluster: use redis://"))
        await router.close()
    }

    @Test func deadSeedsAreAllNamed() async throws {
        var configuration = RedisConfiguration(endpoint: .tcp(host: "127.0.0.1", port: 1))
        configuration.topology = .cluster(seeds: [.tcp(host: "127.0.0.1", port: 1), .tcp(host: "no-such-host.invalid", port: 2)])
        let router = RedisRouter(configuration)
        guard case .unreachable(let reason)? = await failure(of: router) else {
            Issue.record("not unreachable")
            return
        }
        #expect(reason.contains("127.0.0.1:1: connection refused") && reason.contains("no-such-host.invalid:2: no such host"))
        await #expect(throws: RedisError.self) { try await router.pipeline([(["GET", "a"], "a")]) }
        await router.close()
    }

    @Test func oneServerIsCalledWithoutSlots() async throws {
        let server = try await RedisTestServer.shared()
        let router = RedisRouter(try RedisConfiguration(url: server.url))
        #expect(!router.isCluster)
        let key = "single-\(UInt64.random(in: 0...UInt64.max))"
        #expect(try await router.send(["INCR", key], key: key).root.integer == 1)
        // Keys of two slots in one command: a cluster would refuse it.
        #expect(try await router.send(["DEL", key, "other-\(key)"], key: key).root.integer == 1)
        #expect(try await router.primaries().count == 1)
        #expect(try await router.nodes().first?.slots == [0...16_383])
        #expect(router.connections == 1)
        let blocking = router.blocking(forKey: key)
        #expect(try await blocking.send(["BLPOP", key, "0.01"], blockFor: .milliseconds(10)).root.isNull)
        await blocking.close()
        await router.close()
    }
}
