/// Rows of words in columns.
package enum TextTable {
    /// The rows, each column as wide as its widest word; the first row tells how many columns there are.
    package static func aligned(_ rows: [[String]]) -> [String] {
        guard let first = rows.first else { return [] }
        let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            let line = cells.joined(separator: "  ")
            return String(line.prefix(line.count - line.reversed().prefix { $0 == " " }.count))
        }
    }

    /// How much of what is wrong is told of each.
    private static let most = 2

    /// A table of what was checked: its name, the verdict, its text, and under that what the verdict was computed from.
    package static func findings(_ checks: [(name: String, text: String, verdict: Verdict)]) -> [String] {
        var rows = [["", "", "requirement, and what it was computed from"]]
        for check in checks {
            rows.append([check.name, check.verdict.mark, check.text])
            rows += basis(check.verdict).map { ["", "", "  " + $0] }
        }
        return aligned(rows)
    }

    private static func basis(_ verdict: Verdict) -> [String] {
        switch verdict {
        case .holds(let text), .absent(let text): return [text]
        case .unknown(let why): return ["not evaluated: " + why]
        case .broken(let found):
            let more = found.count > most ? ["and \(found.count - most) more"] : []
            return found.prefix(most).map { "FAIL " + $0 } + more
        }
    }
}
