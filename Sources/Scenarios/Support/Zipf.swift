/// Draws ranks of which few have most of the draws: the k-th by 1 / k.
package struct Zipf: Sendable {
    private let sums: [Double]

    package init(_ count: Int) {
        var sum = 0.0
        sums = (1...count).map { rank in
            sum += 1 / Double(rank)
            return sum
        }
    }

    /// 1 is the busiest.
    /// - Parameter most: draws only among this many first ones.
    package func draw(_ generator: inout some RandomNumberGenerator, among most: Int = .max) -> Int {
        let most = min(max(most, 1), sums.count)
        let point = Double.random(in: 0..<sums[most - 1], using: &generator)
        var (low, high) = (0, most - 1)
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > point { high = middle } else { low = middle + 1 }
        }
        return low + 1
    }
}
