import SluiceInspector
import SluiceTesting
import Testing

struct DurationHistogramTests {
    @Test func quantilesAreWithinTheErrorBound() {
        var random = SplitMix(seed: 3)
        for scale in [30.0, 4_000, 900_000] {
            var histogram = DurationHistogram()
            var exact: [Int] = []
            for _ in 0..<2000 {
                let ms = Int(scale * Double.random(in: 1...50, using: &random))
                exact.append(ms)
                histogram.add(.milliseconds(ms))
            }
            exact.sort()
            for share in [0, 0.01, 0.5, 0.95, 0.99, 1] {
                let wanted = Double(exact[max(Int((share * 2000).rounded(.up)), 1) - 1])
                let found = (histogram.quantile(share) ?? .zero) / .milliseconds(1)
                #expect(abs(found - wanted) <= wanted * 0.0867, "\(share) of \(scale): \(found) for \(wanted)")
            }
            let mean = Double(exact.reduce(0, +)) / 2000
            #expect(abs((histogram.mean ?? .zero) / .milliseconds(1) - mean) <= mean * 0.0867)
        }
    }

    @Test func aMergedHistogramIsThatOfAllDurations() {
        var (one, other, all) = (DurationHistogram(), DurationHistogram(), DurationHistogram())
        for ms in stride(from: 0, to: 5000, by: 7) {
            if ms.isMultiple(of: 2) { one.add(.milliseconds(ms)) } else { other.add(.milliseconds(ms)) }
            all.add(.milliseconds(ms))
        }
        one.merge(other)
        #expect(one == all)
        #expect(one.count == 715)
        #expect(one.buckets.map(\.count).reduce(0, +) == 715)
    }

    @Test func extremesAreKept() {
        var histogram = DurationHistogram()
        #expect(histogram.quantile(0.5) == nil)
        #expect(histogram.mean == nil)
        histogram.add(.zero)
        #expect(histogram.quantile(1) == .zero)
        histogram.add(.seconds(1_000_000_000))
        #expect((histogram.quantile(1) ?? .zero) > .seconds(40 * 86_400))
        #expect(histogram.count == 2)
    }

    @Test func aPackedTextIsRead() {
        let runs = RunHistory(packed: "c12 r3 l1|40:5,7,0,1 60:2|0:4")
        #expect(runs.outcomes == [.completed: 12, .retried: 3, .lost: 1])
        #expect(runs.runs == 16)
        #expect(runs.failures == 4)
        #expect(runs.waits.count == 4)
        #expect(runs.durations.buckets.map(\.count) == [5, 7, 1, 2])
        for nonsense in ["", "|", "x|y|z", "c|40:|:", "q5|999999999999:1|-1:2"] {
            #expect(RunHistory(packed: nonsense).runs == 0, "\(nonsense)")
            #expect(RunHistory(packed: nonsense).durations.count == 0, "\(nonsense)")
        }
    }
}
