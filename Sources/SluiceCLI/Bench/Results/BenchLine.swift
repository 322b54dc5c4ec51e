import Foundation

/// A line of the result for people.
enum BenchLine {
    case figure(BenchFigure)
    case text(String)

    func text(comparedWith earlier: BenchEarlier?) -> String {
        switch self {
        case .figure(let figure): figure.line(comparedWith: earlier)
        case .text(let text): text
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

    func line(comparedWith earlier: BenchEarlier?) -> String {
        var columns = [Self.left(what, 56), Self.right(number(value), 9), Self.left(unit, 7), Self.left(times ?? "", 26)]
        if let before = earlier?.figures[name] {
            let change = earlier?.change(name, value).map { String(format: ", %.2f ×", $0) } ?? ""
            columns.append("earlier \(number(before))\(change)")
        }
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
