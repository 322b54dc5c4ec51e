import Logging
import NIOCore
import SluiceTesting
import Synchronization
import TestSupport
import Testing

@testable import Hiredis

/// Clusters that are in trouble, or say odd things.
@Suite(.timeLimit(.minutes(10))) struct ClusterFaultTests {
    /// A server that gives itself all slots.
    private static func map(_ port: Int) -> String {
        "*1\r\n*4\r\n$5\r\nslots\r\n*2\r\n:0\r\n:16383\r\n$5\r\nnodes\r\n*1\r\n*8\r\n$2\r\nid\r\n$1\r\na\r\n"
            + "$4\r\nport\r\n:\(port)\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"
    }

    private func router(
        _ endpoint: RedisEndpoint, timeout: Duration = .seconds(40), logger: Logger? = nil,
        check: RedisClient.ConnectionCheck? = nil
    ) -> RedisRouter {
        var configuration = RedisConfiguration(endpoint: endpoint)
        configuration.topology = .cluster(seeds: [endpoint])
        configuration.connectTimeout = .seconds(40)
        configuration.commandTimeout = timeout
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return RedisRouter(configuration, logger: logger ?? silent, onConnect: check)
    }

    private func failure(_ call: @Sendable () async throws(RedisError) -> RedisReply) async -> RedisError? {
        do throws(RedisError) {
            _ = try await call()
            return nil
        } catch {
            return error
        }
    }

    private func endpoint(_ port: Int) -> RedisEndpoint { .tcp(host: "127.0.0.1", port: port) }

    /// One node that serves all slots.
    private func node(tls: Bool = false, _ config: [String] = []) async throws -> RedisTestServer {
        let server = try await TestCluster.startNode(tls: tls, config)
        try await server.cli("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
        try await TestCluster.eventually { try await server.cli("CLUSTER", "INFO").contains("cluster_state:ok") }
        return server
    }

    /// Without a bound on the pauses this would be thousands of calls, and as many questions for the map.
    @Test func redirectsInACircleEndWithTheTimeout() async throws {
        let (calls, questions) = (Occurrences(), Occurrences())
        let ports = Mutex<[Int]>([])
        let respond: FakeServer.Respond = { words, peer in
            let all = ports.withLock { $0 }
            guard words[0] == "GET" else {
                questions.add()
                return peer.write(Self.map(all[0]))
            }
            calls.add()
            let own = peer.channel.localAddress?.port
            peer.write("-MOVED \(HashSlot.of(words[1])) 127.0.0.1:\(own == all[0] ? all[1] : all[0])\r\n")
        }
        let (one, two) = (try await FakeServer.start(respond), try await FakeServer.start(respond))
        ports.withLock { $0 = [one.port, two.port] }
        let router = router(endpoint(one.port), timeout: .milliseconds(900))
        let start = ContinuousClock.now
        await #expect(throws: RedisError.self) { try await router.send(["GET", "a"], key: "a") }
        #expect(calls.count <= 12, "\(calls.count)")
        #expect(.milliseconds(100) * (questions.count - 1) <= ContinuousClock.now - start, "\(questions.count)")
        await router.close()
        try await one.stop()
        try await two.stop()
    }

    @Test func aThousandCallsInTroubleAskForTheMapTogether() async throws {
        let questions = Occurrences()
        let fails = Mutex(true)
        let port = Mutex(0)
        let server = try await FakeServer.start { words, peer in
            guard words[0] == "GET" else {
                questions.add()
                return peer.write(Self.map(port.withLock { $0 }))
            }
            // The trouble is over with the third map.
            if questions.count >= 3 { fails.withLock { $0 = false } }
            peer.write(fails.withLock { $0 } ? "-CLUSTERDOWN The cluster is down\r\n" : "+fine\r\n")
        }
        port.withLock { $0 = server.port }
        let router = router(endpoint(server.port))
        let start = ContinuousClock.now
        let results = try await router.pipeline((0..<1_000).map { (["GET", "\($0)"], "\($0)") })
        #expect(results.allSatisfy { (try? $0.get().root.string) == "fine" })
        // At least 100 ms lie between two questions.
        #expect(.milliseconds(100) * (questions.count - 1) <= ContinuousClock.now - start, "\(questions.count)")
        await router.close()
        try await server.stop()
    }

    @Test func aServerWithoutClusterShardsIsAskedForItsSlots() async throws {
        let port = Mutex(0)
        let server = try await FakeServer.start { words, peer in
            switch words.prefix(2) {
            case ["CLUSTER", "SHARDS"]: peer.write("-ERR Unknown subcommand or wrong number of arguments for 'SHARDS'\r\n")
            case ["CLUSTER", "SLOTS"]:
                peer.write("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$0\r\n\r\n:\(port.withLock { $0 })\r\n")
            default: peer.write("+fine\r\n")
            }
        }
        port.withLock { $0 = server.port }
        let router = router(endpoint(server.port))
        #expect(try await router.send(["GET", "a"], key: "a").root.string == "fine")
        await router.close()
        try await server.stop()
    }

    @Test func aServerThatRefusesTheQuestionIsNamed() async throws {
        let server = try await FakeServer.start { _, peer in
            peer.write("-NOPERM this user has no permissions to run the 'cluster|shards' command\r\n")
        }
        let router = router(endpoint(server.port))
        let reason = "NOPERM this user has no permissions to run the 'cluster|shards' command"
        await #expect(throws: RedisError.refused("\(endpoint(server.port)): CLUSTER SHARDS: \(reason)")) {
            try await router.send(["GET", "a"], key: "a")
        }
        await router.close()
        try await server.stop()
    }

    @Test func anAnnouncedAddressOutOfReachIsExplained() async throws {
        let server = try await node(["cluster-announce-port 1"])
        let told = Occurrences()
        let logger = Logger(label: "test") { _ in LineCounter(text: "out of reach", lines: told) }
        let router = router(endpoint(server.tcpPort ?? 0), logger: logger)
        for _ in 0..<3 {
            let error = await failure { () throws(RedisError) in try await router.send(["GET", "a"], key: "a") }
            let text = error?.description ?? ""
            #expect(text.contains("127.0.0.1:1: connection refused; the Redis Cluster announces this address"))
            #expect(text.contains("cluster-announce-ip"))
        }
        #expect(told.count == 1)
        await router.close()
    }

    @Test func inAClusterWithTLSTheNodesAreReachedByTLS() async throws {
        let server = try await node(tls: true, ["tls-cluster yes"])
        var configuration = try RedisConfiguration(url: server.url)
        configuration.topology = .cluster(seeds: [configuration.endpoint])
        let router = RedisRouter(configuration)
        #expect(try await router.send(["SET", "a", "1"], key: "a").root.string == "OK")
        #expect(try await router.primaries() == [endpoint(server.tlsPort ?? 0)])
        await router.close()
    }

    @Test func aClusterWithTLSThatIsAskedWithoutIsNamed() async throws {
        let server = try await FakeServer.start(greets: false) { _, peer in
            peer.write("\u{15}\u{03}\u{03}\u{00}\u{02}\u{02}\u{0A}")
        }
        let router = router(endpoint(server.port))
        let error = await failure { () throws(RedisError) in try await router.send(["GET", "a"], key: "a") }
        let text = error?.description ?? ""
        #expect(text.contains("127.0.0.1:\(server.port): it speaks TLS there: the URL then begins with rediss"), "\(text)")
        await router.close()
        try await server.stop()
    }

    @Test func eachPrimaryIsCheckedAndNoReplica() async throws {
        let cluster = try await TestCluster.start(replicas: 1)
        let checked = Mutex<[String]>([])
        let router = router(cluster.endpoints[3]) { session throws(RedisError) in
            let role = try await session.send(["ROLE"]).root[0].string ?? ""
            checked.withLock { $0.append(role) }
        }
        let results = try await router.pipeline((0..<100).map { (["GET", "\($0)"], "\($0)") })
        #expect(results.count == 100)
        #expect(try await router.send(["PING"], node: cluster.endpoints[3]).root.string == "PONG")
        #expect(checked.withLock { $0 } == ["master", "master", "master"])
        await router.close()
    }

    /// A node that is stopped closes nothing. Without the look at the map now and then, its calls would hang for 40 s.
    @Test func aPrimaryThatIsCutOffIsLeft() async throws {
        let cluster = try await TestCluster.start(replicas: 1)
        let router = router(cluster.endpoints[1])
        let key = TestCluster.key(in: 0...5_460)
        _ = try await router.send(["SET", key, "1"], key: key)
        let blocking = router.blocking(forKey: key)
        async let blocked = failure { () throws(RedisError) in
            try await blocking.send(["BLPOP", "{\(key)}list", "300"], blockFor: .seconds(300))
        }
        try await TestCluster.eventually { try await cluster.servers[0].cli("INFO", "clients").contains("blocked_clients:1") }
        try await cluster.servers[0].suspend()
        let start = ContinuousClock.now
        let error = await failure { () throws(RedisError) in try await router.send(["SET", key, "2"], key: key) }
        #expect(error?.isOutcomeUnknown == true)
        let blockedError = await blocked
        #expect(blockedError?.isOutcomeUnknown == true)
        #expect(ContinuousClock.now - start < .seconds(35))
        #expect(try await router.send(["SET", key, "3"], key: key).root.string == "OK")
        #expect(try await router.node(forKey: key) == cluster.endpoints[3])
        try await cluster.servers[0].resume()
        await blocking.close()
        await router.close()
    }

    /// The old primary is alive, and a replica from one moment to the next.
    @Test func callsGoOnThroughAFailoverByHand() async throws {
        let cluster = try await TestCluster.start(replicas: 1)
        let router = router(cluster.endpoints[0])
        let key = TestCluster.key(in: 0...5_460)
        let isOver = Mutex(false)
        let counted = Occurrences()
        async let calls = {
            while !isOver.withLock({ $0 }) {
                _ = try await router.send(["INCR", key], key: key)
                counted.add()
            }
        }()
        await counted.wait(for: 100)
        try await cluster.servers[3].cli("CLUSTER", "FAILOVER")
        try await TestCluster.eventually { try await cluster.servers[0].cli("ROLE").contains("slave") }
        await counted.wait(for: counted.count + 100)
        isOver.withLock { $0 = true }
        try await calls
        #expect(try await router.node(forKey: key) == cluster.endpoints[3])
        #expect(try await router.send(["GET", key], key: key).root.integer == counted.count)
        // The connection to the old primary is closed, as nothing goes there any more.
        try await TestCluster.eventually { try await !cluster.servers[0].cli("CLIENT", "LIST").contains("name=sluice") }
        await router.close()
    }
}
