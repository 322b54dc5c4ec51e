/// Figures that are measured in several rounds, in turns with their floors. The median of the rounds counts, so that one
/// disturbance does not decide.
struct BenchRounds {
    static let count = 3

    private var samples: [String: [Double]] = [:]

    /// The share of `total` for one round.
    static func share(of total: Int) -> Int { max(total / count, 1) }

    /// Notes a figure of one round. A figure that could not be measured is left out.
    mutating func note(_ name: String, _ figure: Double?) {
        if let figure { samples[name, default: []].append(figure) }
    }

    /// The median of the rounds; nil for a figure that no round has.
    subscript(name: String) -> Double? { samples[name].flatMap(BenchSpread.init)?.median }
}
