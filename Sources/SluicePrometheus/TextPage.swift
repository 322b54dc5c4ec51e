/// A page in the text format 0.0.4: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
struct TextPage {
    /// The longest value of a label, in bytes of UTF-8.
    static let longestValue = 256

    private(set) var text = ""

    mutating func begin(_ name: String, _ type: SeriesType, help: String) {
        text += "# HELP \(name) \(Self.escaped(Self.cut(help, to: 1000)))\n# TYPE \(name) \(type.rawValue)\n"
    }

    /// - Parameter labels: as in ``SeriesID/labels``.
    mutating func sample(_ name: String, _ labels: String, _ value: String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Above, not every whole number can be told from the next one.
        if abs(value) < 0x1p53, value == value.rounded() { return "\(Int64(value))" }
        return "\(value)"
    }

    /// The value of a label, cut and escaped.
    static func escapedValue(_ value: String) -> String {
        escaped(cut(value, to: longestValue), quotes: true)
    }

    private static func escaped(_ text: String, quotes: Bool = false) -> String {
        // By scalars, since a character may be several: a quote with an accent, or a newline after a return.
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\"" where quotes: result.append(contentsOf: "\\\"".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// Cuts a text between two characters of Unicode, and marks the cut.
    static func cut(_ text: String, to bytes: Int) -> String {
        if text.utf8.count <= bytes { return text }
        var result = String.UnicodeScalarView()
        var left = bytes - 3
        for scalar in text.unicodeScalars {
            left -= UTF8.width(scalar)
            if left < 0 { break }
            result.append(scalar)
        }
        return String(result) + "…"
    }
}
