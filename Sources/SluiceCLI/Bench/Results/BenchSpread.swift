/// Samples in order, and the points at which some share of them lies below.
struct BenchSpread {
    private let sorted: [Double]

    /// - Returns: nil without samples.
    init?(_ samples: [Double]) {
        if samples.isEmpty { return nil }
        sorted = samples.sorted()
    }

    var count: Int { sorted.count }
    var median: Double { above(500) }
    var p99: Double { above(990) }
    var p999: Double { above(999) }
    var longest: Double { above(1000) }

    /// The sample with `perMille` of a thousand samples below it. The longest one if there are too few samples.
    private func above(_ perMille: Int) -> Double { sorted[min(sorted.count * perMille / 1000, sorted.count - 1)] }
}
