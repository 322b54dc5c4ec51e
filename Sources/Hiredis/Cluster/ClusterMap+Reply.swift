extension ClusterMap {
    /// Who was asked, and how: what a reply leaves open is taken from there.
    struct Asked: Sendable {
        var endpoint: RedisEndpoint
        /// In a cluster with TLS a node has a port for it beside the plain one.
        var usesTLS: Bool

        var host: String {
            switch endpoint {
            case .tcp(let host, _): host
            case .unix: "127.0.0.1"
            }
        }
    }

    /// Reads the reply to CLUSTER SHARDS: shards, each with slots and nodes, all as lists of names and values.
    /// - Returns: nil if it is no such reply.
    init?(shards reply: RedisValue, asked: Asked) {
        guard reply.kind == .array else { return nil }
        var nodes: [ClusterNode] = []
        for shard in reply.elements {
            let fields = shard.dictionary
            guard let members = fields["nodes"] else { return nil }
            let slots = Self.ranges(in: fields["slots"] ?? .null)
            var shardNodes = members.elements.compactMap { Self.node($0.dictionary, asked) }
            // A dead primary keeps its role in the reply until it is back and hears of its successor.
            let primaries = shardNodes.indices.filter { shardNodes[$0].role == .primary }
            let owner = primaries.first { shardNodes[$0].health != .failed } ?? primaries.first
            if let owner { shardNodes[owner].slots = slots }
            for index in shardNodes.indices where shardNodes[index].role == .replica {
                shardNodes[index].primaryID = owner.map { shardNodes[$0].id }
            }
            nodes += shardNodes
        }
        self.init(nodes: nodes)
    }

    /// Reads the reply to CLUSTER SLOTS: ranges with first slot, last slot, the primary and its replicas.
    /// - Returns: nil if it is no such reply.
    init?(slots reply: RedisValue, asked: Asked) {
        guard reply.kind == .array else { return nil }
        var nodes: [ClusterNode] = []
        for range in reply.elements {
            guard let slots = Self.range(range[0], range[1]) else { return nil }
            var primaryID: String?
            for (position, member) in range.elements.dropFirst(2).enumerated() {
                guard var node = Self.node(member, isPrimary: position == 0, asked) else { continue }
                if position == 0 { primaryID = node.id } else { node.primaryID = primaryID }
                let known = nodes.firstIndex { $0.endpoint == node.endpoint }
                if known == nil { nodes.append(node) }
                if position == 0 { nodes[known ?? nodes.count - 1].slots.append(slots) }
            }
        }
        self.init(nodes: nodes)
    }

    private static func node(_ fields: [String: RedisValue], _ asked: Asked) -> ClusterNode? {
        let ports = asked.usesTLS ? ["tls-port", "port"] : ["port", "tls-port"]
        guard let port = ports.lazy.compactMap({ fields[$0]?.integer }).first(where: { (1...65_535).contains($0) }) else {
            return nil
        }
        let role: ClusterNode.Role = ["master", "primary"].contains(fields["role"]?.string) ? .primary : .replica
        var node = ClusterNode(
            id: fields["id"]?.string ?? "", endpoint: asked.endpoint, role: role, health: health(fields["health"]?.string))
        node.address(
            hostname: fields["hostname"]?.string, preferred: fields["endpoint"]?.string, ip: fields["ip"]?.string, port, asked)
        return node
    }

    private static func node(_ member: RedisValue, isPrimary: Bool, _ asked: Asked) -> ClusterNode? {
        guard let port = member[1].integer, (1...65_535).contains(port) else { return nil }
        let more = member[3].dictionary
        var node = ClusterNode(id: member[2].string ?? "", endpoint: asked.endpoint, role: isPrimary ? .primary : .replica)
        node.address(hostname: more["hostname"]?.string, preferred: member[0].string, ip: more["ip"]?.string, port, asked)
        return node
    }

    private static func health(_ text: String?) -> ClusterNode.Health {
        switch text {
        case "fail", "failed": .failed
        case "loading": .loading
        default: .online
        }
    }

    private static func ranges(in reply: RedisValue) -> [ClosedRange<Int>] {
        reply.rows(of: 2).compactMap { range($0[0], $0[1]) }.sorted { $0.lowerBound < $1.lowerBound }
    }

    private static func range(_ first: RedisValue, _ last: RedisValue) -> ClosedRange<Int>? {
        guard let first = first.integer, let last = last.integer, first >= 0, first <= last, last < HashSlot.count else {
            return nil
        }
        return first...last
    }
}

extension ClusterNode {
    /// Chooses the host to connect to: the announced name, else what the cluster prefers, which is the host that was asked if the
    /// cluster leaves it empty.
    fileprivate mutating func address(
        hostname: String?, preferred: String?, ip: String?, _ port: Int, _ asked: ClusterMap.Asked
    ) {
        let preferred = preferred ?? ""
        // The cluster prefers names, and this node has none.
        let isNameless = preferred == "?"
        let named = [hostname ?? "", isNameless ? "" : preferred, isNameless ? ip ?? "" : ""].filter { !$0.isEmpty && $0 != "?" }
        endpoint = .tcp(host: named.first ?? asked.host, port: port)
        let others = (named + [ip ?? ""]).filter { !$0.isEmpty }
        aliases = Set(others.map { .tcp(host: $0, port: port) }).subtracting([endpoint])
    }
}
