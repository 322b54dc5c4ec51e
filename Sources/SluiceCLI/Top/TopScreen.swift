import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Draws `sluice top` as text: one line of the terminal each, none longer than it is wide.
struct TopScreen {
    private static let gap = "  "
    /// The least width of a number, so that columns do not jump.
    private static let number = 6
    private static let leastQueue = 12
    private static let mostQueue = 64
    private static let leastState = 6
    /// Lines that are not rows: three of the head, one of titles, one at the end.
    private static let frame = 5

    let width: Int
    let height: Int
    let style: Style

    init(width: Int, height: Int, style: Style = .plain) {
        self.width = max(width, 10)
        self.height = max(height, 3)
        self.style = style
    }

    /// The number of queues that fit.
    var room: Int { max(height - (isLow ? 2 : Self.frame), 1) }

    /// Whether there is no room for the head.
    private var isLow: Bool { height < 9 }

    func lines(_ state: TopState) -> [String] {
        let head = isLow ? [] : head(state)
        if case .text(let text) = state.mode {
            let lines = head + text.flatMap { HumanText.wrapped($0, to: width) }.map(cut)
            return Array(lines.prefix(height - 1)) + [style.paint(cut("any key: back"), .dim)]
        }
        let rows = Array(state.visible(room))
        let columns = columns(rows)
        var lines = head + [style.paint(titles(columns, state), .bold)]
        lines += rows.map { line($0, columns, isSelected: $0.queue == state.selected) }
        if rows.isEmpty { lines.append(cut("no queue has been used so far")) }
        lines += Array(repeating: "", count: max(height - 1 - lines.count, 0))
        return lines + [foot(state)]
    }

    private func head(_ state: TopState) -> [String] {
        let (snapshot, server) = (state.snapshot, state.snapshot.server)
        let place = [server.address, "namespace \(server.namespace)", snapshot.time].joined(separator: Self.gap)
        return [style.paint(cut("sluice top  \(place)"), .bold), cut(totals(snapshot)), clockAndMemory(server)]
    }

    private func totals(_ snapshot: TopSnapshot) -> String {
        let rows = snapshot.rows
        func sum(_ value: (TopRow) -> Int) -> String { HumanText.number(rows.reduce(0) { $0 + value($1) }) }
        func rate(_ value: (TopRates.Minute) -> Double) -> String {
            TopColumn.rate(rows.reduce(0.0) { $0 + ($1.rates.map(value) ?? 0) })
        }
        let shown = rows.count < snapshot.queues ? "\(HumanText.number(rows.count)) of " : ""
        return [
            shown + HumanText.count(snapshot.queues, "queue"), "\(sum(\.waiting)) waiting", "\(sum(\.running)) running",
            "a minute: \(rate(\.into)) in, \(rate(\.out)) out, \(rate(\.failed)) failed",
        ].joined(separator: Self.gap)
    }

    private func clockAndMemory(_ server: TopSnapshot.Server) -> String {
        var parts = ["redis" + (server.version.map { " \($0)" } ?? "")]
        var isTight = false
        if let memory = server.memory {
            let most = server.memoryLimit.map { most -> String in
                isTight = memory > most / 10 * 9
                return " of \(HumanText.bytes(most))"
            }
            parts.append("memory \(HumanText.bytes(memory))\(most ?? "")\(isTight ? ": nearly full" : "")")
        }
        let isOff = abs(server.ahead.seconds) >= 1
        let way = server.ahead < .zero ? "behind" : "ahead of"
        parts.append(isOff ? "its clock is \(HumanText.duration(server.ahead)) \(way) this host's" : "clock as here")
        let line = cut(parts.joined(separator: Self.gap))
        return isTight || isOff ? style.paint(line, .yellow) : line
    }

    /// The columns that fit, and their widths. Each title has room for the mark of the sorted one.
    private func columns(_ rows: [TopRow]) -> [(column: TopColumn, width: Int)] {
        var shown = TopColumn.allCases
        func widths() -> [(column: TopColumn, width: Int)] {
            shown.map { column in
                let cells = rows.reduce(column.rawValue.count + 1) { max($0, column.text($1).count) }
                switch column {
                case .queue: return (column, min(max(cells, Self.leastQueue), Self.mostQueue))
                case .state: return (column, Self.leastState)
                default: return (column, max(cells, Self.number))
                }
            }
        }
        func total(_ widths: [(column: TopColumn, width: Int)]) -> Int {
            widths.reduce(1) { $0 + $1.width } + Self.gap.count * (widths.count - 1)
        }
        var found = widths()
        for column in TopColumn.dispensable where total(found) > width {
            shown.removeAll { $0 == column }
            found = widths()
        }
        let excess = total(found) - width
        if excess > 0 { found[0].width = max(found[0].width - excess, 4) }
        // The rest of the line is for words.
        found[found.count - 1].width += max(-excess, 0)
        return found
    }

    private func titles(_ columns: [(column: TopColumn, width: Int)], _ state: TopState) -> String {
        let cells = columns.map { column, width -> String in
            let mark = column == state.column ? (state.isReversed ? "^" : "v") : ""
            return fit(mark.isEmpty ? column.rawValue : mark + column.rawValue, width, isRight: column.isNumber)
        }
        return cut(" " + cells.joined(separator: Self.gap))
    }

    private func line(_ row: TopRow, _ columns: [(column: TopColumn, width: Int)], isSelected: Bool) -> String {
        let numbers = columns.dropLast().map { column, width in fit(column.text(row), width, isRight: column.isNumber) }
        let start = cut((isSelected ? ">" : " ") + numbers.joined(separator: Self.gap) + Self.gap)
        let room = width - start.count
        let words = room > 0 ? HumanText.cut(TopColumn.state.text(row), to: room) : ""
        if isSelected {
            // The bar goes through to the end of the line.
            let rest = style.isColoured ? String(repeating: " ", count: room - words.count) : ""
            return style.paint(start + words + rest, .inverse)
        }
        guard let look = look(row), !words.isEmpty else { return start + words }
        return start + style.paint(words, look)
    }

    private func look(_ row: TopRow) -> Style.Look? {
        if row.remarks.contains(where: { $0.weight == .trouble }) { return .red }
        return row.remarks.contains { $0.weight == .warning } ? .yellow : nil
    }

    private func foot(_ state: TopState) -> String {
        if case .question(let queue, let pauses) = state.mode {
            return style.paint(cut("\(pauses ? "pause" : "resume") \(queue)? y: yes, any other key: no"), .bold)
        }
        if let message = state.message { return style.paint(cut(message), .bold) }
        if let trouble = state.trouble { return style.paint(cut("no news: \(trouble)"), .red) }
        return style.paint(cut("q quit  arrows select  s sort  r reverse  p pause or resume  e explain"), .dim)
    }

    private func fit(_ text: String, _ width: Int, isRight: Bool) -> String {
        let cell = HumanText.cut(text, to: width)
        let padding = String(repeating: " ", count: width - cell.count)
        return isRight ? padding + cell : cell + padding
    }

    private func cut(_ text: String) -> String { HumanText.cut(HumanText.visible(text), to: width) }
}
