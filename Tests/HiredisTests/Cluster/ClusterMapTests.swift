import Testing

@testable import Hiredis

@Suite struct ClusterMapTests {
    private let asked = ClusterMap.Asked(endpoint: .tcp(host: "seed", port: 7_000), usesTLS: false)

    private func reply(_ text: String) throws -> RedisValue {
        try #require(try replies(in: text).first).root
    }

    /// Writes RESP: arrays of arrays, strings and numbers.
    private func wire(_ value: Any) -> String {
        switch value {
        case let list as [Any]: "*\(list.count)\r\n" + list.map(wire).joined()
        case let number as Int: ":\(number)\r\n"
        case let text as String: "$\(text.utf8.count)\r\n\(text)\r\n"
        default: "$-1\r\n"
        }
    }

    private func shard(_ slots: [Int], _ nodes: [Any]) -> [Any] { ["slots", slots, "nodes", nodes] }

    private func node(
        _ id: String, ip: String = "10.0.0.1", endpoint: Any? = nil, hostname: String? = nil, port: Int = 7_001, tls: Int? = nil,
        role: String = "master", health: String = "online"
    ) -> [Any] {
        var fields: [Any] = ["id", id, "port", port, "ip", ip, "endpoint", endpoint ?? ip, "role", role, "health", health]
        if let hostname { fields += ["hostname", hostname] as [Any] }
        if let tls { fields += ["tls-port", tls] as [Any] }
        return fields
    }

    private func shards(_ shards: [Any], tls: Bool = false) throws -> ClusterMap {
        var asked = asked
        asked.usesTLS = tls
        return try #require(ClusterMap(shards: try reply(wire(shards)), asked: asked))
    }

    @Test func shardsGiveSlotsRolesAndReplicas() throws {
        let map = try shards([
            shard([0, 10, 12, 100], [node("a"), node("b", ip: "10.0.0.2", role: "replica")]),
            shard([], [node("c", ip: "10.0.0.3")]),
        ])
        #expect(map.owner(of: 12)?.id == "a")
        #expect(map.owner(of: 11) == nil)
        #expect(map.nodes.map(\.role) == [.primary, .replica, .primary])
        #expect(map.nodes[1].primaryID == "a")
        #expect(map.nodes[0].slots == [0...10, 12...100])
        #expect(map.primaries.map(\.id) == ["a", "c"])
        #expect(ClusterNode.text(of: map.uncovered) == "11, 101-16383")
    }

    /// Without the rule for dead primaries, calls go on to the dead one after its replica has taken over.
    @Test func ofTwoPrimariesOfAShardTheLivingOneOwnsItsSlots() throws {
        let map = try shards([shard([0, 16_383], [node("old", health: "fail"), node("new", ip: "10.0.0.2")])])
        #expect(map.owner(of: 5)?.id == "new")
        #expect(map.primaries.map(\.id) == ["new"])
    }

    @Test func theAddressIsTheNameElseThePreferredElseTheHostAsked() throws {
        let map = try shards([
            shard([0, 1], [node("a", hostname: "one.example")]), shard([2, 3], [node("b", endpoint: "")]),
            shard([4, 5], [node("c", endpoint: false)]), shard([6, 7], [node("d", endpoint: "?")]),
            shard([8, 9], [node("e", ip: "2001:db8::1")]),
        ])
        let hosts = ["one.example", "seed", "seed", "10.0.0.1", "2001:db8::1"]
        #expect(map.nodes.map(\.endpoint) == hosts.map { .tcp(host: $0, port: 7_001) })
        // A redirect names the address of the node that the map has by its name.
        #expect(map.node(at: .tcp(host: "10.0.0.1", port: 7_001))?.id == "a")
        #expect(map.nodes[4].endpoint.description == "[2001:db8::1]:7001")
    }

    @Test func inAClusterWithTLSItsPortIsTaken() throws {
        let nodes = [shard([0, 1], [node("a", tls: 8_001)])]
        #expect(try shards(nodes).nodes[0].endpoint == .tcp(host: "10.0.0.1", port: 7_001))
        #expect(try shards(nodes, tls: true).nodes[0].endpoint == .tcp(host: "10.0.0.1", port: 8_001))
    }

    @Test func slotsAreReadToo() throws {
        let map = try #require(
            ClusterMap(
                slots: try reply(
                    wire([
                        [
                            0, 100, ["10.0.0.1", 7_001, "a", ["hostname", "one.example"]], ["10.0.0.2", 7_002, "b", [] as [Any]],
                        ],
                        [200, 200, ["10.0.0.1", 7_001, "a", ["hostname", "one.example"]]], [300, 400, ["", 7_003, "c"]],
                    ])), asked: asked))
        #expect(map.nodes.map(\.id) == ["a", "b", "c"])
        #expect(map.nodes[0].slots == [0...100, 200...200])
        #expect(map.nodes[1].role == .replica)
        #expect(map.nodes[1].primaryID == "a")
        #expect(map.owner(of: 200)?.endpoint == .tcp(host: "one.example", port: 7_001))
        #expect(map.owner(of: 301)?.endpoint == .tcp(host: "seed", port: 7_003))
    }

    @Test func oddRepliesGiveNoMap() throws {
        #expect(ClusterMap(shards: try reply("+OK\r\n"), asked: asked) == nil)
        #expect(ClusterMap(shards: try reply("*1\r\n:1\r\n"), asked: asked) == nil)
        #expect(ClusterMap(slots: try reply(wire([["x", 5]])), asked: asked) == nil)
        let wild = try shards([shard([-5, 3, 9, 7, 5, 16_384], [node("a", port: 70_000), node("b")])])
        #expect(wild.nodes.map(\.id) == ["b"])
        #expect(wild.uncovered == [0...16_383])
    }

    @Test func aRedirectMovesOneSlot() throws {
        var map = try shards([shard([0, 10], [node("a"), node("b", ip: "10.0.0.2", role: "replica")])])
        map.move(5, to: .tcp(host: "10.0.0.2", port: 7_001))
        #expect(map.nodes[0].slots == [0...4, 6...10])
        #expect(map.nodes[1].slots == [5...5])
        #expect(map.primaries.map(\.id) == ["a", "b"])
        map.move(16_383, to: .tcp(host: "10.0.0.9", port: 7_001))
        #expect(map.owner(of: 16_383)?.endpoint == .tcp(host: "10.0.0.9", port: 7_001))
    }
}
