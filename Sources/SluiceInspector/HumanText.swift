import SluiceCore

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// Formats numbers, times and foreign text for people.
package enum HumanText {
    /// A duration in its two largest units: `450ms`, `3m 12s`, `2d 4h`.
    package static func duration(_ duration: Duration) -> String {
        let milliseconds = Int((abs(duration.seconds) * 1000).rounded())
        if milliseconds < 1000 { return "\(milliseconds)ms" }
        let seconds = milliseconds / 1000
        if seconds < 10 { return decimal(Double(milliseconds) / 1000) + "s" }
        let units = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")]
        var rest = seconds
        var parts: [String] = []
        for (size, name) in units {
            let count = rest / size
            rest %= size
            if count > 0 { parts.append("\(count)\(name)") } else if !parts.isEmpty { break }
            if parts.count == 2 { break }
        }
        return parts.joined(separator: " ")
    }

    private static func decimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded(.down))
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    /// A distance in time: `3m 12s ago`, or `in 3m 12s`.
    package static func age(_ moment: Date, at now: Date) -> String {
        let age = moment.age(at: now)
        return age < .zero ? "in \(duration(age))" : "\(duration(age)) ago"
    }

    /// A number with separators: `12,345`.
    package static func number(_ number: Int) -> String {
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// A number and a noun: `1 job`, `1,200 jobs`.
    package static func count(_ count: Int, _ noun: String) -> String { "\(number(count)) \(noun)\(count == 1 ? "" : "s")" }

    /// A size: `1.5 MB`.
    package static func bytes(_ count: Int) -> String {
        var value = Double(count)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 1000 { return (unit == "B" ? "\(count)" : decimal(value)) + " \(unit)" }
            value /= 1000
        }
        return decimal(value) + " TB"
    }

    /// Foreign text on one line. Control characters are made visible, so that a job's text cannot move a terminal's cursor.
    package static func visible(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n", "\r", "\t": result += " "
            default:
                if isControl(scalar) {
                    result += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }

    /// Whether a character is invisible and may change how the text around it is shown.
    package static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// Breaks text into lines of at most `width` characters, at words where possible. Continuation lines are indented more.
    package static func wrapped(_ text: String, indent: String = "", to width: Int?) -> [String] {
        guard let width else { return [indent + text] }
        var lines: [String] = []
        var line = indent
        var isEmpty = true
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if !isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = indent + "  "
                isEmpty = true
            }
            line += (isEmpty ? "" : " ") + word
            isEmpty = false
        }
        return lines + [line]
    }

    /// Cuts text to at most `width` characters; the last one then marks the cut.
    package static func cut(_ text: String, to width: Int) -> String {
        text.count <= width ? text : text.prefix(max(width - 1, 0)) + "…"
    }
}
