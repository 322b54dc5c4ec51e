import SluiceCore

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// Numbers, times and foreign text as people read them.
package enum HumanText {
    /// `450ms`, `3m 12s`, `2d 4h`: the two largest units.
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

    /// `3m 12s ago`, or `in 3m 12s`.
    package static func age(_ moment: Date, at now: Date) -> String {
        let age = moment.age(at: now)
        return age < .zero ? "in \(duration(age))" : "\(duration(age)) ago"
    }

    /// With separators: `12,345`.
    package static func number(_ number: Int) -> String {
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// One `job`, 1,200 `jobs`.
    package static func count(_ count: Int, _ noun: String) -> String { "\(number(count)) \(noun)\(count == 1 ? "" : "s")" }

    /// `1.5 MB`.
    package static func bytes(_ count: Int) -> String {
        var value = Double(count)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 1000 { return (unit == "B" ? "\(count)" : decimal(value)) + " \(unit)" }
            value /= 1000
        }
        return decimal(value) + " TB"
    }

    /// Text of others on one line, its control characters made visible, so that no job can move a terminal's cursor.
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

    /// Whether it is not seen, and may change how what stands around it is.
    package static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// Text on lines of at most so many characters, where words allow it, the further ones with more space in front.
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

    /// At most so many characters, the last one telling that there were more.
    package static func cut(_ text: String, to width: Int) -> String {
        text.count <= width ? text : text.prefix(max(width - 1, 0)) + "…"
    }
}
