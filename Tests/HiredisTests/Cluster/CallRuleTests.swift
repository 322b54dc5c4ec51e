import NIOCore
import Testing

@testable import Hiredis

@Suite struct CallRuleTests {
    private let asked = RedisEndpoint.tcp(host: "10.0.0.1", port: 7_001)

    private func rule(_ reply: String) -> CallRule { CallRule(.server(RedisServerError(reply: reply)), from: asked) }

    @Test(arguments: [
        ("MOVED 3999 10.0.0.2:6381", RedisEndpoint.tcp(host: "10.0.0.2", port: 6_381)),
        ("MOVED 3999 2001:db8::1:6381", .tcp(host: "2001:db8::1", port: 6_381)),
        ("MOVED 3999 [2001:db8::1]:6381", .tcp(host: "2001:db8::1", port: 6_381)),
        ("MOVED 3999 two.example:6381", .tcp(host: "two.example", port: 6_381)),
        ("MOVED 3999 :6381", .tcp(host: "10.0.0.1", port: 6_381)),
    ])
    func aRedirectIsFollowed(reply: String, target: RedisEndpoint) {
        #expect(rule(reply) == .follow(slot: 3_999, target))
    }

    /// A proxy, or a node whose map is older than ours: following would be a loop without a pause.
    @Test(arguments: [
        "MOVED 3999 10.0.0.1:7001", "MOVED 3999 :7001", "MOVED 3999 ?:6381", "MOVED", "MOVED 99999 10.0.0.2:6381",
        "MOVED 3999 10.0.0.2:0", "CLUSTERDOWN The cluster is down", "LOADING Redis is loading", "MASTERDOWN Link is down",
        "MOVING the slot of sluice:{mail} is being moved", "UNBLOCKED force unblock",
    ])
    func theseWaitAndAskForTheMap(reply: String) {
        #expect(rule(reply) == .wait(asksForMap: true))
    }

    @Test func theOthersHaveTheirRules() {
        #expect(rule("ASK 3999 10.0.0.2:6381") == .held(slot: 3_999))
        #expect(rule("ASK nonsense") == .wait(asksForMap: false))
        #expect(rule("TRYAGAIN Multiple keys") == .wait(asksForMap: false))
        #expect(rule("NOREPLICAS Not enough good replicas") == .wait(asksForMap: false))
        #expect(rule("READONLY You can't write") == .wrongRole)
        #expect(rule("FENCED off") == .thrown)
        #expect(rule("CROSSSLOT Keys in request") == .thrown)
        #expect(CallRule(.unreachable("max number of clients"), from: asked) == .unreachable)
        #expect(CallRule(.lost("gone"), from: asked) == .unknownOutcome)
        #expect(CallRule(.timedOut(.seconds(1)), from: asked) == .unknownOutcome)
        #expect(CallRule(.protocolViolation("HTTP"), from: asked) == .unknownOutcome)
        #expect(CallRule(.closed, from: asked) == .reroute)
        #expect(CallRule(.refused("AUTH"), from: asked) == .thrown)
    }

    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func call(_ limit: TimeAmount = .seconds(10)) -> CallProgress {
        CallProgress(slot: 3_999, deadline: start + limit)
    }

    @Test func theFirstRedirectIsFollowedAtOnceAndALoopIsSlowedDownAndEnds() {
        var call = call(.milliseconds(100))
        let follow = rule("MOVED 3999 10.0.0.2:6381")
        #expect(call.next(after: follow, now: start, random: 1) == .again(after: .zero))
        #expect(call.next(after: follow, now: start, random: 1) == .again(after: .milliseconds(20)))
        #expect(call.next(after: follow, now: start, random: 1) == .again(after: .milliseconds(40)))
        #expect(call.next(after: follow, now: start + .milliseconds(60), random: 1) == .fail)
    }

    @Test func waitsGrowToHalfASecondAndEndBeforeTheDeadline() {
        var call = call()
        let steps = (0..<7).map { _ in call.next(after: .held(slot: 3_999), now: start, random: 1) }
        #expect(steps == [20, 40, 80, 160, 320, 500, 500].map { .again(after: .milliseconds($0)) })
        #expect(call.next(after: .held(slot: 3_999), now: start + .milliseconds(9_600), random: 1) == .fail)
        #expect(
            call.next(after: .held(slot: 3_999), now: start + .milliseconds(9_600), random: 0)
                == .again(after: .milliseconds(250)))
    }

    /// A repeat with the last millisecond of its timeout would close the connection under the calls of others.
    @Test func theLastRepeatHasTimeForAnAnswer() {
        var call = call()
        let late = start + .milliseconds(9_900)
        #expect(call.timeout(of: .seconds(10), now: late) == .seconds(10))
        _ = call.next(after: .reroute, now: start, random: 1)
        #expect(call.timeout(of: .seconds(10), now: start + .seconds(3)) == .seconds(7))
        #expect(call.timeout(of: .seconds(10), now: late) == .seconds(1))
        #expect(call.timeout(of: .milliseconds(300), now: late + .seconds(1)) == .milliseconds(300))
    }

    /// With the whole timeout again, a call that waited 9 s for the map could take 19 s.
    @Test func theWaitForTheMapCounts() {
        var call = call()
        call.waitedForMap()
        #expect(call.timeout(of: .seconds(10), now: start + .seconds(9)) == .seconds(1))
        #expect(call.timeout(of: .seconds(10), now: start + .seconds(4)) == .seconds(6))
    }

    @Test func anUnreachableNodeIsExchangedOnceAndAnUnknownOutcomeNeverRepeated() {
        var call = call()
        #expect(call.next(after: .unreachable, now: start, random: 1) == .afterMap)
        #expect(call.next(after: .unreachable, now: start, random: 1) == .fail)
        var other = self.call()
        #expect(other.next(after: .unknownOutcome, now: start, random: 1) == .fail)
        #expect(other.next(after: .thrown, now: start, random: 1) == .fail)
        #expect(other.next(after: .follow(slot: 1, asked), now: start + .seconds(10), random: 1) == .fail)
    }
}
