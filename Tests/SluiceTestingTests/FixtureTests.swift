import Hiredis
import TestSupport
import Testing

/// That the fixtures of fault tests break what they say.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct FixtureTests {
    @Test func aReplicaTakesThePlaceOfADeadPrimary() async throws {
        let cluster = try await ClusterFixture()
        let slot = try await cluster.slot(of: "foo")
        #expect(slot == 12182)
        let old = try await cluster.primary(of: slot)
        #expect(old == cluster.addresses[2])
        try await cluster.kill(old)
        let new = try await cluster.successor(of: old, for: slot)
        #expect(cluster.addresses[3...].contains(new))
        try await cluster.restart(old)
        try await cluster.waitUntilWhole()
        #expect(try await cluster.primary(of: slot) == new)
        #expect(try await cluster.replicas(of: new) == [old])
        // By hand it goes back.
        #expect(try await cluster.failover(of: new) == old)
    }

    @Test func aFrozenPrimaryIsReplacedAndComesBackAsAReplica() async throws {
        let cluster = try await ClusterFixture()
        let old = cluster.addresses[0]
        try await cluster.freeze(old)
        let new = try await cluster.successor(of: old, for: 0)
        try await cluster.thaw(old)
        try await cluster.waitUntilWhole()
        #expect(try await cluster.replicas(of: new) == [old])
    }

    @Test func aSlotMovesWithItsKeys() async throws {
        let cluster = try await ClusterFixture(replicas: 0)
        let (source, target) = (cluster.addresses[2], cluster.addresses[0])
        for number in 0..<250 { try await cluster.send(["SET", "{foo}\(number)", "x"], to: source) }
        let move = try await cluster.beginMove(of: 12182, to: target)
        #expect(try await cluster.moveKeys(move, atMost: 150) == 150)
        let error = await #expect(throws: RedisError.self) { try await cluster.send(["GET", "{foo}new"], to: source) }
        #expect("\(error, default: "none")".contains("ASK 12182"))
        #expect(try await cluster.moveKeys(move) == 100)
        try await cluster.endMove(move)
        #expect(try await cluster.primary(of: 12182) == target)
        #expect(try await cluster.send(["GET", "{foo}249"], to: target).root.string == "x")
        // And as an administrator does it.
        try await cluster.reshard(slots: 10, from: source, to: target)
        #expect(try await cluster.primary(of: 10_922) == target)
    }

    @Test func sentinelsNameTheNewPrimary() async throws {
        let sentinels = try await SentinelFixture()
        let first = try await sentinels.primary()
        #expect(first == sentinels.nodes[0])
        try await sentinels.kill(first)
        let second = try await sentinels.successor(of: first)
        #expect(sentinels.nodes[1...].contains(second))
        #expect(try await sentinels.send(["ROLE"], to: second).root[0].string == "master")
    }
}
