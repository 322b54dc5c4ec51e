import Logging
import SluiceTesting
import Synchronization
import TestSupport
import Testing

@testable import Hiredis

/// A small cluster of real servers, without persistence: primaries first, then a replica for each of the first of them.
struct TestCluster {
    let servers: [RedisTestServer]
    let endpoints: [RedisEndpoint]
    private let ids: [String]

    /// - Parameter slots: What each primary serves.
    static func start(slots: [ClosedRange<Int>] = [0...5_460, 5_461...10_922, 10_923...16_383], replicas: Int = 0) async throws
        -> TestCluster
    {
        var servers: [RedisTestServer] = []
        for _ in 0..<slots.count + replicas { servers.append(try await startNode()) }
        var ids: [String] = []
        for (index, server) in servers.enumerated() {
            ids.append(try await server.cli("CLUSTER", "MYID"))
            try await server.cli("CLUSTER", "SET-CONFIG-EPOCH", "\(index + 1)")
            if index < slots.count {
                try await server.cli("CLUSTER", "ADDSLOTSRANGE", "\(slots[index].lowerBound)", "\(slots[index].upperBound)")
            }
            let bus = try await server.cli("CONFIG", "GET", "cluster-port").split(separator: "\n")[1]
            try await servers[0].cli("CLUSTER", "MEET", "127.0.0.1", "\(server.tcpPort ?? 0)", String(bus))
        }
        let cluster = TestCluster(
            servers: servers, endpoints: servers.map { .tcp(host: "127.0.0.1", port: $0.tcpPort ?? 0) }, ids: ids)
        for server in servers {
            try await eventually {
                let nodes = try await server.cli("CLUSTER", "NODES")
                return ids.allSatisfy(nodes.contains) && !nodes.contains("handshake")
            }
        }
        for (index, server) in servers.dropFirst(slots.count).enumerated() {
            try await server.cli("CLUSTER", "REPLICATE", ids[index])
            try await eventually { try await server.cli("ROLE").contains("connected") }
        }
        let isWhole = slots.reduce(0) { $0 + $1.count } == HashSlot.count
        for server in servers where isWhole {
            try await eventually { try await server.cli("CLUSTER", "INFO").contains("cluster_state:ok") }
        }
        return cluster
    }

    private static func startNode() async throws -> RedisTestServer {
        try await startNode([
            "cluster-node-timeout 1000", "cluster-require-full-coverage no", "cluster-replica-validity-factor 0",
        ])
    }

    private static let busPorts = Mutex(Int.random(in: 20_000..<31_000))

    /// Starts a server in cluster mode. Another program may have its second port: then it is tried with the next ones.
    static func startNode(tls: Bool = false, _ config: [String]) async throws -> RedisTestServer {
        var attempts = 0
        while true {
            let port = busPorts.withLock { port in
                port += 1
                return port
            }
            var options = RedisTestServer.Options(tcp: true, tls: tls)
            // The default, the port plus 10,000, does not exist for every free port.
            options.config = ["cluster-enabled yes", "cluster-port \(port)"] + config
            attempts += 1
            do {
                return try await RedisTestServer.start(options)
            } catch  where attempts < 5 {
                continue
            }
        }
    }

    /// Waits until a condition of the servers holds.
    static func eventually(_ condition: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while try await !condition() {
            try #require(ContinuousClock.now < end, "the condition did not hold in time")
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// With the first node as the only seed, and time enough for a machine on which many suites run at once.
    var configuration: RedisConfiguration {
        var configuration = RedisConfiguration(endpoint: endpoints[0])
        configuration.topology = .cluster(seeds: [endpoints[0]])
        configuration.connectTimeout = .seconds(40)
        configuration.commandTimeout = .seconds(40)
        return configuration
    }

    // MARK: Moving a slot by hand

    func beginMove(of slot: Int, from source: Int, to target: Int) async throws {
        try await servers[target].cli("CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", ids[source])
        try await servers[source].cli("CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", ids[target])
    }

    func moveKeys(of slot: Int, from source: Int, to target: Int) async throws {
        let keys = try await servers[source].cli("CLUSTER", "GETKEYSINSLOT", "\(slot)", "1000").split(separator: "\n")
        guard !keys.isEmpty else { return }
        let move = ["MIGRATE", "127.0.0.1", "\(servers[target].tcpPort ?? 0)", "", "0", "5000", "KEYS"]
        try await servers[source].cli(move + keys.map(String.init))
    }

    func endMove(of slot: Int, from source: Int, to target: Int) async throws {
        try await servers[target].cli("CLUSTER", "SETSLOT", "\(slot)", "NODE", ids[target])
        try await servers[source].cli("CLUSTER", "SETSLOT", "\(slot)", "NODE", ids[target])
    }

    /// A key of a primary's slots.
    static func key(in slots: ClosedRange<Int>) -> String {
        for number in 0... {
            let key = "key-\(number)"
            if slots.contains(HashSlot.of(key)) { return key }
        }
        return ""
    }
}

/// Counts the lines of a log that contain a text.
struct LineCounter: LogHandler {
    let text: String
    let lines: Occurrences
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if "\(event.message)".contains(text) { lines.add() }
    }
}
