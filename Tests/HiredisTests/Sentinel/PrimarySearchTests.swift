import Testing

@testable import Hiredis

/// The search for a primary, without a socket.
@Suite struct PrimarySearchTests {
    private let old = RedisEndpoint.tcp(host: "10.0.0.1", port: 6379)
    private let new = RedisEndpoint.tcp(host: "10.0.0.2", port: 6379)

    private func sentinel(_ number: Int) -> RedisEndpoint { .tcp(host: "s\(number)", port: 26379) }

    private func search(_ sentinels: Int) -> PrimarySearch {
        PrimarySearch(sentinels: (1...sentinels).map(sentinel), primaryName: "m")
    }

    private func text(_ step: PrimarySearch.Step) -> String {
        if case .fail(let error) = step { error.description } else { "no failure: \(step)" }
    }

    @Test func examinesWhatTheFirstSentinelNames() {
        var search = search(3)
        #expect(search.next(left: .seconds(4)) == .ask(sentinel(1), within: .seconds(1)))
        #expect(search.sentinelAnswered(.primary(new), left: .seconds(3)) == .examine(new, within: .seconds(2)))
    }

    /// Red if a sentinel that hangs gets all the time, or an equal part of what is left without a share for the server.
    @Test func sentinelsThatHangLeaveTimeForTheServer() {
        var search = search(3)
        var left = Duration.seconds(4)
        var step = search.next(left: left)
        for number in 1...3 {
            guard case .ask(sentinel(number), let share) = step else {
                Issue.record("sentinel \(number) is not asked: \(step)")
                return
            }
            left -= share
            if number == 3 { break }
            step = search.sentinelAnswered(.failed(.unreachable("silent")), left: left)
        }
        #expect(left == .seconds(1))
        // The last sentinel was asked for a second, and answers at its end.
        #expect(search.sentinelAnswered(.primary(new), left: left) == .examine(new, within: .milliseconds(900)))
    }

    @Test func aSentinelThatIsBehindIsPassedOver() {
        var search = search(3)
        _ = search.next(left: .seconds(4))
        _ = search.sentinelAnswered(.primary(old), left: .seconds(4))
        #expect(search.serverAnswered(.replica, left: .seconds(4)) == .ask(sentinel(2), within: .milliseconds(1_333)))
        #expect(search.sentinelAnswered(.primary(new), left: .seconds(3)) == .examine(new, within: .seconds(2)))
    }

    /// Red if every sentinel makes the client wait for the same dead server again.
    @Test func aServerIsExaminedOnce() {
        var search = search(2)
        _ = search.next(left: .seconds(4))
        _ = search.sentinelAnswered(.primary(old), left: .seconds(4))
        _ = search.serverAnswered(.failed(.unreachable("10.0.0.1:6379: connection refused")), left: .seconds(4))
        let end = text(search.sentinelAnswered(.primary(old), left: .seconds(3)))
        #expect(end.contains("10.0.0.1:6379: connection refused; sentinel s1:26379 names it as the primary"), "\(end)")
        #expect(end.contains("check that the address can be reached"))
    }

    @Test func endsWhenTheTimeIsUp() {
        var search = search(5)
        _ = search.next(left: .seconds(1))
        let end = text(search.sentinelAnswered(.failed(.unreachable("sentinel s1:26379: silent")), left: .zero))
        #expect(end.contains("no sentinel of 'm' answers (sentinel s1:26379: silent)"), "\(end)")
    }

    @Test func saysWhatIsWrongAndWhatToDo() {
        var unknown = search(2)
        _ = unknown.next(left: .seconds(1))
        _ = unknown.sentinelAnswered(.unknownName, left: .seconds(1))
        let nameless = text(unknown.sentinelAnswered(.failed(.unreachable("x")), left: .seconds(1)))
        #expect(nameless.contains("sentinel s1:26379 knows no primary 'm': end the URL with a name"), "\(nameless)")

        var locked = search(2)
        _ = locked.next(left: .seconds(1))
        _ = locked.sentinelAnswered(.failed(.unreachable("x")), left: .seconds(1))
        let refusal = locked.sentinelAnswered(.failed(.refused("sentinel s2:26379: NOAUTH")), left: .seconds(1))
        #expect(text(refusal).contains("sentinel s2:26379: NOAUTH; the URL names the sentinels' own user with ?sentinel-user="))

        var demoted = search(1)
        _ = demoted.next(left: .seconds(1))
        _ = demoted.sentinelAnswered(.primary(old), left: .seconds(1))
        let replica = text(demoted.serverAnswered(.replica, left: .seconds(1)))
        #expect(replica.contains("10.0.0.1:6379 is a replica, though sentinel s1:26379 names it"), "\(replica)")

        var strange = search(1)
        _ = strange.next(left: .seconds(1))
        _ = strange.sentinelAnswered(.primary(old), left: .seconds(1))
        let refused = RedisError.refused("10.0.0.1:6379 (by sentinel m): AUTH: WRONGPASS")
        #expect(strange.serverAnswered(.failed(refused), left: .seconds(1)) == .fail(refused))
    }

    @Test func theRosterBeginsWithWhoAnsweredAndNeverForgetsTheSeeds() {
        var roster = SentinelRoster(seeds: [sentinel(1), sentinel(2)])
        #expect(roster.order == [sentinel(1), sentinel(2)])
        roster.answered(sentinel(2), others: [sentinel(1), sentinel(3)])
        #expect(roster.order == [sentinel(2), sentinel(1), sentinel(3)])
        roster.answered(sentinel(3), others: nil)
        #expect(roster.order == [sentinel(3), sentinel(1), sentinel(2)])
        roster.answered(sentinel(3), others: [sentinel(4)])
        #expect(roster.order == [sentinel(3), sentinel(1), sentinel(2), sentinel(4)])
        roster.answered(sentinel(1), others: (5...100).map(sentinel))
        #expect(roster.order.count == 18)
    }
}
