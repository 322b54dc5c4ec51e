import Foundation

/// A line of the result for people.
enum BenchLine {
    case figure(BenchFigure)
    case plain(String)

    var text: String {
        switch self {
        case .figure(let figure): figure.line
        case .plain(let text): text
        }
    }
}

/// A figure with what people see of it.
struct BenchFigure {
    /// The figure in parts of its floor.
    struct Ratio {
        var value: Double
        /// The word for the floor.
        var word: String
    }

    var name: String
    var what: String
    var value: Double
    var unit: String
    var digits: Int
    var ratio: Ratio?

    var line: String {
        let columns = [Self.left(what, 56), Self.right(number(value), 9), Self.left(unit, 7), times ?? ""]
        return String(columns.joined(separator: " ").reversed().drop { $0 == " " }.reversed())
    }

    private var times: String? { ratio.map { String(format: "%.2f", $0.value) + " × \($0.word)" } }

    private func number(_ value: Double) -> String { String(format: "%.\(digits)f", value) }

    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(width - text.count, 0))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 0)) + text
    }
}
