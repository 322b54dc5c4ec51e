import SluiceInspector
import SluiceToolSupport

/// Rows of text under headings, aligned.
struct Table {
    struct Column {
        var title: String
        /// Whether to align right, for numbers.
        var isRightAligned = false
        /// Whether to cut the column if the lines are too long for the terminal.
        var isElastic = false

        static func text(_ title: String) -> Column { Column(title: title) }
        static func number(_ title: String) -> Column { Column(title: title, isRightAligned: true) }
        static func elastic(_ title: String) -> Column { Column(title: title, isElastic: true) }
    }

    /// The minimum width of an elastic column.
    private static let least = 12
    private static let gap = "  "

    private let columns: [Column]
    private var rows: [[String]] = []
    /// The column widths of the rows taken so far.
    private var taken: [Int]?

    var isEmpty: Bool { rows.isEmpty }

    init(_ columns: [Column]) { self.columns = columns }

    /// Appends a row. Control characters are made visible.
    mutating func append(_ cells: [String]) { rows.append(cells.map(HumanText.visible)) }

    /// The lines with the headings first. No line exceeds `width` if an elastic column can shrink enough.
    func lines(width: Int? = nil, style: Style = .plain) -> [String] {
        let widths = widths(within: width)
        let head = line(columns.map(\.title), widths)
        return [style.paint(head, .bold)] + rows.map { line($0, widths) }
    }

    /// The lines of the rows so far, which are then removed, so that many rows need not be collected. Later lines have no headings,
    /// and their columns are no narrower.
    mutating func takeLines(width: Int? = nil, style: Style = .plain) -> [String] {
        let isFirst = taken == nil
        let widths = widths(within: width)
        let lines = self.lines(width: width, style: style)
        (taken, rows) = (widths, [])
        return isFirst ? lines : Array(lines.dropFirst())
    }

    private func widths(within width: Int?) -> [Int] {
        var widths = columns.indices.map { column in
            let least = max(columns[column].title.count, taken?[column] ?? 0)
            return rows.reduce(least) { max($0, column < $1.count ? $1[column].count : 0) }
        }
        guard let width else { return widths }
        let excess = widths.reduce(0, +) + Self.gap.count * (columns.count - 1) - width
        if excess > 0, let elastic = columns.lastIndex(where: \.isElastic) {
            widths[elastic] = max(widths[elastic] - excess, min(widths[elastic], Self.least))
        }
        return widths
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = columns.indices.map { column in
            let cell = HumanText.cut(column < cells.count ? cells[column] : "", to: widths[column])
            let padding = String(repeating: " ", count: widths[column] - cell.count)
            return columns[column].isRightAligned ? padding + cell : cell + padding
        }
        let line = padded.joined(separator: Self.gap)
        return String(line.prefix(line.count - line.reversed().prefix { $0 == " " }.count))
    }
}
