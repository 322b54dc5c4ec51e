import NIOCore
import Testing

@testable import Hiredis

@Suite struct MapRefreshTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private let nodes = (1...3).map { RedisEndpoint.tcp(host: "n\($0)", port: 1) }

    @Test func oneAsksForAllAndTheNextRoundWaits() {
        var refresh = MapRefresh()
        #expect(refresh.request(now: start) == .zero)
        #expect(refresh.request(now: start) == nil)
        let (round, first) = refresh.begin(nodes)
        #expect(first == nodes[0])
        #expect(refresh.request(now: start) == nil)
        #expect(refresh.succeeded(round, now: start, random: 0) == true)
        // The pause is 100 to 200 ms. Without it every failing call would ask.
        #expect(refresh.request(now: start + .milliseconds(30)) == .milliseconds(70))
    }

    @Test func slowAndDeadNodesAreFollowedByTheNext() {
        var refresh = MapRefresh()
        _ = refresh.request(now: start)
        let (round, _) = refresh.begin(nodes)
        #expect(refresh.next(round) == nodes[1])
        #expect(refresh.failed(round, nodes[1], .unreachable("n2:1: refused"), now: start, random: 0) == .ask(nodes[2]))
        #expect(refresh.next(round) == nil)
        #expect(refresh.failed(round, nodes[2], .closed, now: start, random: 0) == .wait)
        // Late news of the same node changes nothing.
        #expect(refresh.failed(round, nodes[2], .closed, now: start, random: 0) == .wait)
        // The slow one gives the map after all.
        #expect(refresh.succeeded(round, now: start, random: 0) == true)
        #expect(refresh.succeeded(round, now: start, random: 0) == false)
    }

    @Test func theErrorNamesAllAndThePauseGrows() {
        var refresh = MapRefresh()
        var now = start
        for pause in [100, 200, 400, 800, 1_000, 1_000] {
            #expect(refresh.request(now: now) == .zero)
            let (round, _) = refresh.begin(Array(nodes.prefix(2)))
            _ = refresh.failed(round, nodes[0], .unreachable("n1:1: refused"), now: now, random: 0)
            let error = RedisError.unreachable("no node of the Redis Cluster answers: n1:1: refused; n2:1: refused")
            #expect(refresh.failed(round, nodes[1], .lost("n2:1: refused"), now: now, random: 0) == .giveUp(error))
            now = now + .milliseconds(Int64(pause))
        }
    }

    @Test func aRefusalTellsMoreThanSilence() {
        var refresh = MapRefresh()
        _ = refresh.request(now: start)
        let (round, _) = refresh.begin(nodes)
        _ = refresh.failed(round, nodes[0], .refused("n1:1 is no Redis Cluster: use redis://"), now: start, random: 0)
        #expect(refresh.expired(round, now: start, random: 0) == .refused("n1:1 is no Redis Cluster: use redis://"))
        #expect(refresh.expired(round, now: start, random: 0) == nil)
    }

    @Test func aRoundThatEndsByItsTimeNamesTheSilent() {
        var refresh = MapRefresh()
        _ = refresh.request(now: start)
        let (round, _) = refresh.begin(Array(nodes.prefix(1)))
        #expect(
            refresh.expired(round, now: start, random: 0)
                == .unreachable("no node of the Redis Cluster answers: n1:1: no answer"))
    }

    /// A call may end before the round. Red if it says only that nobody has answered in time.
    @Test func aCallThatEndsBeforeTheRoundTellsWhatIsKnown() {
        var refresh = MapRefresh()
        _ = refresh.request(now: start)
        #expect(refresh.unanswered() == .unreachable("no node of the Redis Cluster answers in time"))
        let (round, _) = refresh.begin(Array(nodes.prefix(2)))
        _ = refresh.failed(round, nodes[0], .unreachable("n1:1: refused"), now: start, random: 0)
        let error = RedisError.unreachable("no node of the Redis Cluster answers: n1:1: refused; n2:1: no answer; is it TLS?")
        #expect(refresh.unanswered(hint: "; is it TLS?") == error)
        #expect(refresh.expired(round, now: start, random: 0, hint: "; is it TLS?") == error)
        // After the round, as at its end; with a map, no more.
        #expect(refresh.unanswered() == error)
        _ = refresh.request(now: start + .seconds(9))
        let (next, _) = refresh.begin(nodes)
        #expect(refresh.succeeded(next, now: start + .seconds(9), random: 0) == true)
        #expect(refresh.unanswered() == .unreachable("no node of the Redis Cluster answers in time"))
    }

    @Test func whileTroubleLastsThePauseGrowsToHalfASecond() {
        var refresh = MapRefresh()
        var now = start
        for pause in [200, 400, 500, 500] {
            _ = refresh.request(now: now)
            let (round, _) = refresh.begin(nodes)
            #expect(refresh.succeeded(round, now: now, random: 1) == true)
            refresh.ended(inTrouble: true, now: now, random: 1)
            #expect(refresh.request(now: now) == .milliseconds(pause))
            now = now + .seconds(1)
            let (next, _) = refresh.begin(nodes)
            #expect(refresh.succeeded(next, now: now - .seconds(1), random: 1) == true)
        }
    }
}
