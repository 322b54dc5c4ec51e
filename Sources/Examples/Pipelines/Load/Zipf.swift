/// Draws accounts of which few have most of the jobs: the k-th by 1 / k.
struct Zipf: Sendable {
    private let sums: [Double]

    init(_ count: Int) {
        var sum = 0.0
        sums = (1...count).map { rank in
            sum += 1 / Double(rank)
            return sum
        }
    }

    /// `1` is the busiest.
    func draw(_ generator: inout some RandomNumberGenerator) -> String {
        let point = Double.random(in: 0..<(sums.last ?? 1), using: &generator)
        return "\((sums.firstIndex { $0 > point } ?? 0) + 1)"
    }
}
