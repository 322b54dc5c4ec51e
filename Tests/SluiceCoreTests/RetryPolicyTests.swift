import SluiceCore
import Testing

@Suite struct RetryPolicyTests {
    private static let year = Duration.seconds(365 * 86_400)

    @Test func exponentialDoublesUpToItsCap() {
        let policy = RetryPolicy.exponential(base: .seconds(2), cap: .seconds(60), jitter: 0)
        #expect((1...8).map { policy.delay(after: $0) } == [2, 4, 8, 16, 32, 60, 60, 60].map { Duration.seconds($0) })
        #expect(policy.delay(after: 0) == .seconds(2))
        #expect(policy.delay(after: -5) == .seconds(2))
        #expect(policy.delay(after: .max) == .seconds(60))
    }

    @Test func jitterSpreadsWithinItsBounds() {
        let policy = RetryPolicy.exponential(base: .seconds(100), cap: .seconds(100), jitter: 0.2)
        let delays = (0..<500).map { _ in policy.delay(after: 1) }
        #expect(delays.allSatisfy { (Duration.seconds(80)...Duration.seconds(120)).contains($0) })
        #expect(Set(delays).count > 400)
        // More jitter than all of it makes no negative waits.
        let wild = RetryPolicy.exponential(base: .seconds(1), cap: .seconds(1), jitter: 9)
        #expect((0..<500).allSatisfy { _ in wild.delay(after: 1) >= .zero })
    }

    @Test func classicIsTheFourthPower() {
        for attempt in [1, 2, 5, 10, 25] {
            let n = Double(attempt)
            let least = n * n * n * n + 15
            let delay = RetryPolicy.classic.delay(after: attempt).seconds
            #expect(delay >= least - 1e-6 && delay <= least + 10 * n + 1e-6)
        }
        #expect(RetryPolicy.classic.delay(after: .max) == Self.year)
    }

    @Test func fixedAndCustomStayWithinBounds() {
        #expect(RetryPolicy.fixed(.seconds(3)).delay(after: 9) == .seconds(3))
        #expect(RetryPolicy.fixed(.seconds(-3)).delay(after: 1) == .zero)
        #expect(RetryPolicy.fixed(.seconds(Int64.max)).delay(after: 1) == Self.year)
        #expect(RetryPolicy.custom { .seconds($0 * 10) }.delay(after: 3) == .seconds(30))
        #expect(RetryPolicy.exponential(base: .seconds(Int64.max), cap: .seconds(Int64.max)).delay(after: 99) == Self.year)
    }
}
