import Foundation

/// The shape of a private Redis Cluster: its nodes, their ports, and their password.
///
/// Each node finds the whole cluster in its `nodes.conf` when it first starts, so nothing has to be negotiated: no node meets another
/// one, and no slot is ever without an owner. From then on Redis keeps that file.
struct ClusterPlan: Codable, Sendable, Equatable {
    struct Node: Codable, Sendable, Equatable {
        /// 40 hexadecimal digits.
        var id: String
        var port: Int
    }

    /// Primaries first; then replicas, which belong to the primaries in turn.
    var nodes: [Node]
    var primaries: Int
    /// For clients, and for replicas. Every user of the machine can connect to a port.
    var password: String

    /// How many hash slots every cluster has.
    static let slots = 16384
    /// A cluster takes a node for dead after this time without an answer, in ms. Redis' own default is 15,000.
    static let nodeTimeout = 2000

    /// Chooses free ports, a random password and random ids.
    /// - Throws: `EmbeddedRedisError` if no free ports are found, or there are no primaries.
    init(primaries: Int, replicas: Int) throws {
        guard primaries > 0, replicas >= 0 else { throw EmbeddedRedisError.system("a cluster needs at least one primary") }
        var nodes: [Node] = []
        while nodes.count < primaries + replicas {
            guard let port = Self.freePort(besides: nodes.map(\.port)) else {
                throw EmbeddedRedisError.system("no free ports on 127.0.0.1 for a cluster")
            }
            nodes.append(Node(id: Self.random(digits: 40), port: port))
        }
        self.nodes = nodes
        self.primaries = primaries
        password = Self.random(digits: 32)
    }

    /// `redis+cluster://:PASSWORD@HOST:PORT,…`, with all nodes as seeds.
    var url: String {
        "redis+cluster://:\(password)@" + nodes.map { Self.address($0.port) }.joined(separator: ",")
    }

    static func address(_ port: Int) -> String { "127.0.0.1:\(port)" }

    /// The lines of a node's `redis.conf`, beyond those of a private server.
    func configuration(of index: Int) -> [String] {
        [
            "port \(nodes[index].port)", "bind 127.0.0.1", "cluster-enabled yes", "cluster-config-file nodes.conf",
            "cluster-node-timeout \(Self.nodeTimeout)", "requirepass \(password)", "masterauth \(password)",
            // A whole cluster stops at once: no node waits long for replicas that stop as well.
            "shutdown-timeout 1",
        ]
    }

    /// The first `nodes.conf` of a node.
    func nodesFile(of index: Int) -> String {
        let lines = nodes.indices.map { other -> String in
            let node = nodes[other]
            let start = "\(node.id) \(Self.address(node.port))@\(node.port + Self.busOffset) \(other == index ? "myself," : "")"
            guard other >= primaries else {
                return start + "master - 0 0 \(other + 1) connected \(slots(of: other))"
            }
            let primary = other % primaries
            return start + "slave \(nodes[primary].id) 0 0 \(primary + 1) connected"
        }
        return lines.joined(separator: "\n") + "\nvars currentEpoch \(primaries) lastVoteEpoch 0\n"
    }

    private func slots(of primary: Int) -> String {
        let first = primary * Self.slots / primaries
        let last = (primary + 1) * Self.slots / primaries - 1
        return first == last ? "\(first)" : "\(first)-\(last)"
    }

    private static let busOffset = 10_000

    /// Both ports of a node lie below those from which systems choose for outgoing connections, so that none takes them while the
    /// node restarts.
    private static func freePort(besides taken: [Int]) -> Int? {
        for _ in 0..<200 {
            let port = Int.random(in: 11_000..<22_000)
            if !taken.contains(port), UnixSocket.isFree(port), UnixSocket.isFree(port + busOffset) { return port }
        }
        return nil
    }

    private static func random(digits: Int) -> String {
        String((0..<digits).map { _ in "0123456789abcdef".randomElement() ?? "0" })
    }
}
