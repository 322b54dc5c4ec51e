import Foundation
import SluiceCore

/// The measured figures, in the order of their measurement. Each has a name for programs, and a line for people.
struct BenchResult {
    private var members: [JSONValue.Member] = []
    /// Lines for people.
    private(set) var lines: [String] = []

    var json: JSONValue { .object(members) }

    /// Adds a value for programs only.
    mutating func add(_ name: String, _ value: JSONValue) { members.append(JSONValue.Member(name: name, value: value)) }

    /// Adds a figure. A figure that could not be measured is left out.
    /// - Parameter digits: The decimals that people see.
    mutating func add(_ name: String, _ figure: Double?, _ what: String, _ unit: String, digits: Int = 2) {
        guard let figure else { return }
        add(name, .number(figure))
        addLine(figure, what, unit, digits)
    }

    /// Adds the distribution of call durations. Without samples, it is left out.
    mutating func add(_ name: String, samples: [Double], _ what: String, _ unit: String, digits: Int) {
        let sorted = samples.sorted()
        guard let longest = sorted.last else { return }
        let (median, p99) = (sorted[sorted.count / 2], sorted[sorted.count * 99 / 100])
        add(
            name,
            [
                "calls": .integer(sorted.count), "median": .number(median), "p99": .number(p99), "longest": .number(longest),
            ])
        addLine(median, "\(what), median", unit, digits)
        addLine(p99, "  99th percentile", unit, digits)
        addLine(longest, "  longest", unit, digits)
    }

    /// Adds lines for people only.
    mutating func add(lines more: [String]) { lines += more }

    private mutating func addLine(_ figure: Double, _ what: String, _ unit: String, _ digits: Int) {
        let number = String(format: "%.\(digits)f", figure)
        let label = what.padding(toLength: max(50, what.count), withPad: " ", startingAt: 0)
        lines.append(label + String(repeating: " ", count: max(12 - number.count, 1)) + number + " " + unit)
    }
}
