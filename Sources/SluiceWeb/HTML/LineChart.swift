import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Numbers over time as lines, drawn on the server. Each line carries its name and its last value at its end, so that no legend is
/// needed; a table holds the same for those who cannot see it.
struct LineChart {
    struct Line {
        var name: String
        /// The class of its colour: `done`, `fail`, `in` or `run`.
        var tone: String
        /// One value for each step; nil where nothing is known.
        var values: [Double?]
        /// The text of a value.
        var text: (Double) -> String = { HumanText.number(Int($0.rounded())) }
    }

    private static let width = 1000.0
    private static let height = 150.0
    /// Room for the labels at the end of the lines.
    private static let margin = 150.0
    private static let labelHeight = 15.0
    /// Up to this number of steps each value has a dot: a line alone hides that there are few, and a single value has no line.
    private static let mostDotted = 20

    var title: String
    var lines: [Line]
    /// The names of the first, the middle and the last step.
    var steps: (first: String, middle: String, last: String)

    var html: HTML {
        let top = max(lines.flatMap(\.values).compactMap { $0 }.max() ?? 0, 2)
        let bound = Self.rounded(top)
        let marks = [0.0, 0.5, 1].map { share -> HTML in
            let y = Self.height - share * (Self.height - 12)
            return """
                <line class="axis" x1="0" x2="\(Self.text(Self.width - Self.margin))" y1="\(Self.text(y))" y2="\(Self.text(y))"/>
                <text x="0" y="\(Self.text(y - 3))">\(lines.first.map { $0.text(bound * share) } ?? "")</text>
                """
        }
        let ends = labels(bound)
        let drawn = zip(lines, ends).map { line, y -> HTML in
            """
            \(path(line, bound))
            <text class="f-\(line.tone)" x="\(Self.text(Self.width - Self.margin + 8))" y="\(Self.text(y + 4))">\(label(line))</text>
            """
        }
        return """
            <div class="scroll" tabindex="0" role="region" aria-label="\(title)"><svg class="chart" viewBox="0 0 \(Self.text(Self.width)) \(Self.text(Self.height + 18))" role="img" aria-label="\(title): \(lines.map(label).joined(separator: ", "))">
            <title>\(title)</title>
            \(marks)
            \(drawn)
            \(axis)
            </svg></div>
            """
    }

    private var axis: HTML {
        let y = Self.text(Self.height + 15)
        let end = Self.width - Self.margin
        return """
            <text x="0" y="\(y)">\(steps.first)</text>
            <text x="\(Self.text(end / 2))" y="\(y)" text-anchor="middle">\(steps.middle)</text>
            <text x="\(Self.text(end))" y="\(y)" text-anchor="end">\(steps.last)</text>
            """
    }

    private func label(_ line: Line) -> String {
        let last = line.values.last { $0 != nil } ?? nil
        return last.map { "\(line.name) \(line.text($0))" } ?? line.name
    }

    /// The heights of the labels: at the ends of their lines, but never upon each other.
    private func labels(_ bound: Double) -> [Double] {
        let wanted = lines.map { line in
            Self.y((line.values.last { $0 != nil } ?? nil) ?? 0, bound)
        }
        var result = wanted
        var free = -Double.infinity
        for index in wanted.indices.sorted(by: { (wanted[$0], $0) < (wanted[$1], $1) }) {
            result[index] = max(wanted[index], free)
            free = result[index] + Self.labelHeight
        }
        let excess = (result.max() ?? 0) - Self.height
        return excess > 0 ? result.map { $0 - excess } : result
    }

    private func path(_ line: Line, _ bound: Double) -> HTML {
        let step = (Self.width - Self.margin) / Double(max(line.values.count - 1, 1))
        var text = ""
        var isDrawing = false
        for (index, value) in line.values.enumerated() {
            guard let value else {
                isDrawing = false
                continue
            }
            text += "\(isDrawing ? "L" : "M")\(Self.text(Double(index) * step)) \(Self.text(Self.y(value, bound)))"
            isDrawing = true
        }
        let dots: HTML? = line.values.count <= Self.mostDotted ? self.dots(line, bound, step) : nil
        return "<path class=\"line s-\(line.tone)\" d=\"\(text)\"/>\(dots)"
    }

    /// A dot for each value: the round ends of strokes without a length.
    private func dots(_ line: Line, _ bound: Double, _ step: Double) -> HTML {
        let places = line.values.enumerated().compactMap { index, value in
            value.map { "M\(Self.text(Double(index) * step)) \(Self.text(Self.y($0, bound)))h0" }
        }
        return "<path class=\"dots s-\(line.tone)\" d=\"\(places.joined())\"/>"
    }

    private static func y(_ value: Double, _ bound: Double) -> Double { height - value / bound * (height - 12) }

    /// The next of 2, 4, 6, 8, 10, 20, 40…, whose halves are whole: the axis says how many jobs its middle is.
    private static func rounded(_ value: Double) -> Double {
        var unit = 1.0
        while unit * 10 <= value { unit *= 10 }
        return [1, 2, 4, 6, 8, 10].map { $0 * unit }.first { $0 >= value } ?? value
    }

    /// A coordinate with a tenth of a unit.
    static func text(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
}

/// Small drawings within a line of text.
enum Sparks {
    /// The course of a number, without axes.
    static func line(_ values: [Int], _ title: String) -> HTML {
        guard let top = values.max(), top > 0, values.count > 1 else { return "" }
        let points = values.enumerated().map { index, value in
            LineChart.text(Double(index) * 112 / Double(values.count - 1)) + ","
                + LineChart.text(19 - Double(value) / Double(top) * 18)
        }
        return """
            <svg class="spark" viewBox="0 0 112 20" role="img" aria-label="\(title)"><title>\(title)</title><polyline points="\(points.joined(separator: " "))"/></svg>
            """
    }

    /// How much of something is taken.
    static func meter(_ part: Int, of whole: Int, _ title: String) -> HTML {
        let share = whole > 0 ? min(Double(part) / Double(whole), 1) : 0
        let tone = share >= 1 ? "fail" : share >= 0.8 ? "run" : "in"
        return """
            <svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="\(title)"><title>\(title)</title><rect class="f-soft" width="100" height="8" rx="2"/><rect class="f-\(tone)" width="\(LineChart.text(share * 100))" height="8" rx="2"/></svg>
            """
    }
}
