import Synchronization

/// The clients of a cluster's nodes, beside the map that they belong to.
struct NodeTable: Sendable {
    /// A node that calls go to.
    final class Node: Sendable {
        let endpoint: RedisEndpoint
        let client: RedisClient
        private let sent = Atomic(0)
        private let answered = Atomic(0)
        /// The answers at the last look, if calls were open then; else -1.
        private let answeredBefore = Atomic(-1)

        init(endpoint: RedisEndpoint, client: RedisClient) {
            self.endpoint = endpoint
            self.client = client
        }

        /// Sends a call that counts for ``isSilent()``.
        func send(
            _ command: RedisCommand, timeout: Duration, completion: @escaping @Sendable (Result<RedisReply, RedisError>) -> Void
        ) {
            sent.wrappingAdd(1, ordering: .relaxed)
            client.send(command, timeout: timeout) { [self] result in
                answered.wrappingAdd(1, ordering: .relaxed)
                completion(result)
            }
        }

        /// Whether calls were open at the last look, and none has been answered since.
        func isSilent() -> Bool {
            let now = answered.load(ordering: .relaxed)
            let isOpen = sent.load(ordering: .relaxed) > now
            return answeredBefore.exchange(isOpen ? now : -1, ordering: .relaxed) == now && isOpen
        }
    }

    /// Where a slot is.
    enum Way: Sendable {
        case node(Node)
        case noMap
        case nobody
    }

    private var owners: [UInt16] = []
    /// For each node of the map its client, if it is a primary.
    private var routes: [Node?] = []
    private(set) var primaries: [RedisEndpoint: Node] = [:]
    /// Clients of nodes that are no primaries: made when one is asked for by its address.
    private var others: [RedisEndpoint: Node] = [:]
    private var formerConnections = 0

    func way(to slot: Int) -> Way {
        guard !owners.isEmpty else { return .noMap }
        let owner = owners[slot]
        guard owner != ClusterMap.nobody, let node = routes[Int(owner)] else { return .nobody }
        return .node(node)
    }

    var connections: Int { all.reduce(formerConnections) { $0 + $1.client.connections } }

    var all: [Node] { Array(primaries.values) + others.values }

    /// Takes over a map. Clients of primaries stay.
    /// - Returns: The clients that are no longer needed, to be closed.
    mutating func adopt(_ map: ClusterMap, make: (RedisEndpoint) -> Node) -> [Node] {
        var kept: [RedisEndpoint: Node] = [:]
        for node in map.primaries { kept[node.endpoint] = primaries[node.endpoint] ?? make(node.endpoint) }
        var former = primaries.filter { kept[$0.key] !== $0.value }.map(\.value)
        primaries = kept
        let strangers = Set(others.keys).subtracting(map.nodes.lazy.filter { $0.role == .replica }.map(\.endpoint))
        former += strangers.compactMap { others.removeValue(forKey: $0) }
        owners = map.owners
        routes = map.nodes.map { $0.role == .primary ? kept[$0.endpoint] : nil }
        formerConnections += former.reduce(0) { $0 + $1.client.connections }
        return former
    }

    /// Takes out a primary's client; the next map, or the same again, makes a new one.
    mutating func drop(_ node: Node) -> Bool {
        guard primaries[node.endpoint] === node else { return false }
        primaries[node.endpoint] = nil
        formerConnections += node.client.connections
        return true
    }

    /// The client of any node.
    mutating func node(at endpoint: RedisEndpoint, make: (RedisEndpoint) -> Node) -> Node {
        if let node = primaries[endpoint] ?? others[endpoint] { return node }
        let node = make(endpoint)
        others[endpoint] = node
        return node
    }
}
