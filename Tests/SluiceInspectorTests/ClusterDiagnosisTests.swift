import Hiredis
import SluiceCore
import Testing

@testable import SluiceInspector
@testable import SluiceStore

/// What the diagnosis of a cluster finds, from what its nodes tell.
struct ClusterDiagnosisTests {
    private func node(
        _ port: Int, _ role: ClusterNode.Role = .primary, slots: [ClosedRange<Int>] = [], revision: Int? = 85,
        info: [String: String] = ["redis_version": "7.0.15", "connected_slaves": "1"], ahead: Duration = .zero
    ) -> NodeFacts {
        let library = revision.map { LibraryVersion(protocolVersion: 1, revision: $0, isPinned: false) }
        let node = StoreNode(
            endpoint: .tcp(host: "h", port: port), role: role, health: .online, slots: slots, library: library)
        return NodeFacts(
            node: node, info: info, settings: ["save": "", "client-output-buffer-limit": "normal 0 0 0", "appendfsync": ""],
            ahead: ahead)
    }

    private func codes(_ facts: [NodeFacts], standing: Set<Int> = []) -> [String] {
        ClusterExamination(facts: facts, standing: standing, cures: CureText(namespace: .standard))
            .parts.flatMap(\.findings).map(\.code).filter { $0 != "server.unsaved" }
    }

    @Test func aWholeClusterHasNoFindings() {
        let healthy = [
            node(1, slots: [0...8191]), node(2, slots: [8192...16383]),
            node(3, .replica, info: ["redis_version": "7.0.15", "role": "slave", "master_link_status": "up"]),
        ]
        #expect(codes(healthy) == [])
    }

    @Test func eachFaultIsFound() throws {
        let whole: [ClosedRange<Int>] = [0...16383]
        #expect(codes([node(1, slots: [0...99, 101...16383])]) == ["cluster.uncovered"])
        #expect(codes([node(1, slots: whole), node(2, revision: nil)]) == ["cluster.library_missing"])
        #expect(codes([node(1, slots: whole), node(2, revision: 84)]) == ["cluster.library_differs"])
        let other = ["redis_version": "7.2.4", "connected_slaves": "1"]
        #expect(codes([node(1, slots: whole), node(2, info: other)]) == ["cluster.versions"])
        let early = node(1, slots: whole, ahead: .seconds(1))
        #expect(codes([early, node(2, ahead: .milliseconds(-200))]) == ["cluster.clocks"])
        let lonely = ["redis_version": "7.0.15", "connected_slaves": "0"]
        #expect(codes([node(1, slots: whole, info: lonely)]) == ["node.no_replica"])
        let cut = ["redis_version": "7.0.15", "role": "slave", "master_link_status": "down"]
        #expect(codes([node(1, slots: whole), node(2, .replica, info: cut)]) == ["node.link_down"])
        var silent = node(2)
        silent.node.obstacle = "cannot reach Redis"
        #expect(codes([node(1, slots: whole), silent]) == ["node.unreachable"])
        var moving = node(1, slots: whole)
        moving.moving = [try #require(MovingSlot(word: "[93->-ab]"))]
        #expect(codes([moving]) == ["cluster.slot_moving"])
        #expect(codes([moving], standing: [93]) == ["cluster.slot_stuck"])
    }

    @Test func movesAreReadFromTheNodesOwnLine() {
        let text = """
            67ed 127.0.0.1:2@12 master - 0 1 2 connected 5461-10922 [5->-zz]
            e7d1 127.0.0.1:1@11 myself,master - 0 0 1 connected 0-5460 [93->-67ed] [77-<-67ed]
            """
        #expect(MovingSlot.all(in: text).map(\.slot) == [93, 77])
        #expect(MovingSlot.all(in: text).map(\.direction) == [.to, .from])
        #expect(MovingSlot.all(in: "nonsense").isEmpty)
    }

    @Test func curesOfANodeNameIt() {
        let cures = CureText(namespace: .standard).on(.tcp(host: "10.0.0.1", port: 7001))
        #expect(cures.redis("CONFIG", "SET", "a", "b") == "redis-cli -h 10.0.0.1 -p 7001 CONFIG SET a b")
        #expect(ClusterExamination.ranges([1, 2, 3, 7]) == [1...3, 7...7])
        #expect(ClusterExamination.names(["a", "b", "c", "d"]) == "queue a, queue b, queue c and 1 more")
    }
}
