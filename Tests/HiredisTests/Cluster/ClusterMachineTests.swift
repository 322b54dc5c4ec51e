import NIOCore
import Testing

@testable import Hiredis

@Suite struct ClusterMachineTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private let seed = node(0)
    private let one = node(1)
    private let two = node(2)
    private let replica = node(3)

    private static func node(_ number: Int) -> RedisEndpoint { .tcp(host: "n\(number)", port: 6_379) }

    /// Two primaries with half of the slots each, and a replica of the first.
    private var map: ClusterMap {
        ClusterMap(nodes: [
            ClusterNode(id: "1", endpoint: one, role: .primary, slots: [0...8_191]),
            ClusterNode(id: "2", endpoint: two, role: .primary, slots: [8_192...16_383]),
            ClusterNode(id: "3", endpoint: replica, role: .replica, primaryID: "1"),
        ])
    }

    private func machine() -> ClusterMachine {
        var machine = ClusterMachine(seeds: [seed])
        machine.learn(map, from: seed, now: start)
        return machine
    }

    private func call(_ slot: Int = 5) -> CallProgress { CallProgress(slot: slot, deadline: start + .seconds(10)) }

    private func rule(
        _ machine: inout ClusterMachine, _ call: inout CallProgress, _ error: RedisError, at node: RedisEndpoint,
        wasReached: Bool = true
    ) -> ClusterMachine.Ruling {
        machine.failed(&call, error, at: node, connections: 1, wasReached: wasReached, now: start, random: 1)
    }

    private func answer(_ text: String) -> RedisError { .server(RedisServerError(reply: text)) }

    @Test func aRedirectCorrectsTheMapAndAsksForAnother() {
        var machine = machine()
        var call = call()
        let ruling = rule(&machine, &call, answer("MOVED 5 n2:6379"), at: one)
        #expect(ruling.step == .again(after: .zero))
        #expect(ruling.changesMap && ruling.asksForMap)
        #expect(machine.map?.owner(of: 5)?.endpoint == two)
        // To a node that is in no map.
        _ = rule(&machine, &call, answer("MOVED 5 n9:6379"), at: two)
        #expect(machine.map?.owner(of: 5)?.endpoint == Self.node(9))
        #expect(machine.map?.owner(of: 6)?.endpoint == one)
    }

    /// Following ASK would be `.again(after: .zero)` with a change of the map.
    @Test func aSlotThatMovesIsWaitedForAndToldOnce() {
        var machine = machine()
        var (first, second) = (call(), call())
        let ruling = rule(&machine, &first, answer("ASK 5 n2:6379"), at: one)
        #expect(ruling.step == .again(after: .milliseconds(20)))
        #expect(ruling.notice == .slotMoves(5))
        #expect(!ruling.changesMap && !ruling.asksForMap)
        #expect(rule(&machine, &second, answer("ASK 5 n2:6379"), at: one).notice == nil)
        #expect(machine.map?.owner(of: 5)?.endpoint == one)
        // When it has arrived, the next move is told again.
        _ = rule(&machine, &first, answer("MOVED 5 n2:6379"), at: one)
        #expect(rule(&machine, &second, answer("ASK 5 n1:6379"), at: two).notice == .slotMoves(5))
    }

    /// Each of a thousand calls in flight brings the same redirect. Without the look at the map, each would work all of it over.
    @Test func theSameRedirectAgainChangesNothing() {
        var machine = machine()
        var (first, second) = (call(), call())
        #expect(rule(&machine, &first, answer("MOVED 5 n2:6379"), at: one).changesMap)
        let ruling = rule(&machine, &second, answer("MOVED 5 n2:6379"), at: one)
        #expect(!ruling.changesMap && ruling.step == .again(after: .zero))
        // But a replica that takes over is news, whatever it serves.
        #expect(rule(&machine, &first, answer("MOVED 6 n3:6379"), at: one).changesMap)
    }

    /// A worker ends when its client is closed. The end of a connection, at the end of a call's time, must not look like that.
    @Test func aConnectionThatIsGivenUpIsNoClosedClient() {
        var machine = machine()
        var call = CallProgress(slot: 5, deadline: start)
        let ruling = rule(&machine, &call, .closed, at: one)
        #expect(ruling.step == .fail)
        guard case .unreachable = ruling.error else {
            Issue.record("the call ends with \(ruling.error)")
            return
        }
    }

    @Test func aReadOnlyNodeIsDropped() {
        var machine = machine()
        var call = call()
        let ruling = rule(&machine, &call, answer("READONLY You can't write"), at: one)
        #expect(ruling.dropsNode && ruling.asksForMap)
        #expect(ruling.step == .again(after: .milliseconds(20)))
    }

    @Test func clusterDownNamesTheSlotsWithoutANode() {
        var machine = ClusterMachine(seeds: [seed])
        machine.learn(ClusterMap(nodes: Array(map.nodes.prefix(1))), from: seed, now: start)
        var call = call()
        let ruling = rule(&machine, &call, answer("CLUSTERDOWN The cluster is down"), at: one)
        #expect(ruling.error == answer("CLUSTERDOWN The cluster is down; no node serves the slots 8192-16383"))
        var other = self.call(9_000)
        let uncovered = machine.uncovered(&other, now: start, random: 1)
        #expect(uncovered.step == .again(after: .milliseconds(20)))
        guard case .unreachable(let reason) = uncovered.error else {
            Issue.record("not unreachable")
            return
        }
        #expect(reason.contains("serves slot 9000") && reason.contains("8192-16383"))
        let late = machine.uncovered(&other, now: start + .seconds(10), random: 1)
        #expect(late.step == .fail)
    }

    @Test func anAddressThatWasNeverReachedIsExplainedOnce() {
        var machine = machine()
        var (first, second) = (call(), call())
        let refused = RedisError.unreachable("n1:6379: connection refused")
        let ruling = rule(&machine, &first, refused, at: one, wasReached: false)
        #expect(ruling.error.description.contains("set cluster-announce-hostname"))
        #expect(ruling.notice == .outOfReach(one, ruling.error))
        #expect(ruling.step == .afterMap)
        #expect(rule(&machine, &second, refused, at: one, wasReached: false).notice == nil)
        // A node that was reached before is dead, not hidden.
        var third = call()
        let dead = rule(&machine, &third, refused, at: two)
        #expect(dead.error == refused)
        #expect(dead.notice == nil)
    }

    @Test func whoFailedIsAskedLastAndSeedsAreKept() {
        var machine = machine()
        #expect(machine.candidates { _ in 0 } == [one, two, seed, replica])
        #expect(machine.candidates { $0 - 1 } == [two, one, seed, replica])
        var call = call()
        _ = rule(&machine, &call, .lost("n1:6379: reset"), at: one)
        #expect(machine.candidates { _ in 0 } == [two, replica, seed, one])
        // A node that is cut off from the others tells an old map each time it is asked.
        machine.learn(map, from: two, now: start)
        #expect(machine.candidates { _ in 0 } == [replica, seed, two, one])
        #expect(ClusterMachine(seeds: [seed, two]).candidates { _ in 1 } == [two, seed])
    }

    @Test func troubleLastsUntilTheNodeIsReachedOrLosesItsSlotsOrIsForgotten() {
        var lost = call()
        func troubled(_ change: (inout ClusterMachine) -> Void, connections: Int = 1, later: TimeAmount = .zero) -> Bool {
            var machine = machine()
            _ = rule(&machine, &lost, .lost("n1:6379: reset"), at: one)
            change(&machine)
            return machine.hasTrouble(now: start + later, random: 0) { _ in connections }
        }
        #expect(troubled { _ in })
        #expect(!troubled({ _ in }, connections: 2))
        #expect(!troubled({ _ in }, later: .seconds(30)))
        let successor = ClusterMap(nodes: [
            ClusterNode(id: "3", endpoint: replica, role: .primary, slots: [0...8_191]),
            ClusterNode(id: "2", endpoint: two, role: .primary, slots: [8_192...16_383]),
        ])
        #expect(!troubled { $0.learn(successor, from: seed, now: start) })
    }
}
