import Foundation
import SluiceCore

/// The measured figures, in the order of their measurement. Each has a name for programs, and a line for people.
struct BenchResult {
    /// What was asked for. Figures under other options say little about each other.
    private(set) var options: [JSONValue.Member] = []
    private var members: [JSONValue.Member] = []
    /// All figures by their names, also those inside an object, as `object.member`.
    private(set) var figures: [(name: String, value: Double)] = []
    private var lines: [BenchLine] = []

    /// Adds an option of the measurement.
    mutating func addOption(_ name: String, _ value: JSONValue) { options.append(JSONValue.Member(name: name, value: value)) }

    /// Adds a value for programs only.
    mutating func add(_ name: String, _ value: JSONValue) { members.append(JSONValue.Member(name: name, value: value)) }

    /// Adds a figure. A figure that could not be measured is left out.
    /// - Parameters:
    ///   - digits: The decimals that people see.
    ///   - floor: A figure that was added before. The ratio to it is a figure too, unless the floor could not be measured.
    mutating func add(
        _ name: String, _ figure: Double?, _ what: String, _ unit: String, digits: Int = 2, floor: BenchFloor? = nil
    ) {
        guard let figure else { return }
        add(name, figure)
        let ratio = floor.flatMap { self.ratio(figure, to: $0) }
        if let ratio { add("\(name)_ratio", ratio.value) }
        lines.append(.figure(BenchFigure(name: name, what: what, value: figure, unit: unit, digits: digits, ratio: ratio)))
    }

    /// Adds the median of a figure's rounds.
    mutating func add(
        _ name: String, _ rounds: BenchRounds, _ what: String, _ unit: String, digits: Int = 2, floor: BenchFloor? = nil
    ) {
        add(name, rounds[name], what, unit, digits: digits, floor: floor)
    }

    /// Adds the distribution of call durations. Without samples, it is left out.
    mutating func add(_ name: String, samples: [Double], _ what: String, _ unit: String, digits: Int) {
        guard let spread = BenchSpread(samples) else { return }
        let points = [
            ("median", "\(what), median", spread.median), ("p99", "  99th percentile", spread.p99),
            ("longest", "  longest", spread.longest),
        ]
        let calls = JSONValue.Member(name: "calls", value: .integer(spread.count))
        add(name, .object([calls] + points.map { JSONValue.Member(name: $0.0, value: .number($0.2)) }))
        for (member, what, value) in points {
            let figure = BenchFigure(name: "\(name).\(member)", what: what, value: value, unit: unit, digits: digits)
            figures.append((figure.name, value))
            lines.append(.figure(figure))
        }
    }

    /// Adds lines for people only.
    mutating func add(lines more: [String]) { lines += more.map(BenchLine.text) }

    private mutating func add(_ name: String, _ figure: Double) {
        add(name, .number(figure))
        figures.append((name, figure))
    }

    private func ratio(_ figure: Double, to floor: BenchFloor) -> BenchFigure.Ratio? {
        guard let below = figures.first(where: { $0.name == floor.figure })?.value, below > 0 else { return nil }
        return BenchFigure.Ratio(value: figure / below, word: floor.word)
    }
}

extension BenchResult {
    /// The result for programs.
    func json(comparedWith earlier: BenchEarlier?) -> JSONValue {
        let all = JSONValue.object(options + members)
        return earlier.map { all.adding("compared", $0.json(of: self)) } ?? all
    }

    /// The result for people.
    func lines(comparedWith earlier: BenchEarlier?) -> [String] {
        (earlier?.heading(of: self) ?? []) + lines.map { $0.text(comparedWith: earlier) }
    }
}
