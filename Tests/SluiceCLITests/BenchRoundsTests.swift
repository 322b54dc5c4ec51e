import Testing

@testable import SluiceCLI

/// What a figure is made of.
struct BenchRoundsTests {
    @Test func theMedianOfTheRoundsCounts() {
        var rounds = BenchRounds()
        for figure in [900.0, 2, 3] { rounds.note("a", figure) }
        rounds.note("b", nil)
        #expect(rounds["a"] == 3)
        #expect(rounds["b"] == nil && rounds["c"] == nil)
        #expect(BenchRounds.share(of: 200) == 66 && BenchRounds.share(of: 1) == 1)
    }

    @Test func pointsOfASpread() throws {
        let spread = try #require(BenchSpread((1...2000).reversed().map(Double.init)))
        #expect(spread.count == 2000 && spread.median == 1001)
        #expect(spread.p99 == 1981 && spread.p999 == 1999 && spread.longest == 2000)
        let one = try #require(BenchSpread([7]))
        #expect(one.median == 7 && one.p999 == 7)
        #expect(BenchSpread([]) == nil)
    }

    @Test func aRatioNeedsAFloor() {
        var result = BenchResult()
        result.add("floor_us", 0, "floor", "µs")
        result.add("a_us", 5, "a", "µs", floor: BenchFloor("floor_us"))
        result.add("b_us", 10, "b", "µs", floor: BenchFloor("a_us", "a"))
        result.add("c_us", nil, "c", "µs", floor: BenchFloor("a_us"))
        #expect(result.figures.map(\.name) == ["floor_us", "a_us", "b_us", "b_us_ratio"])
        #expect(result.figures.last?.value == 2)
    }
}
