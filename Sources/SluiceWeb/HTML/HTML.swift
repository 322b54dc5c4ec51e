import SluiceInspector

/// Markup that can be sent as it is. A literal in the source code is markup; text that is put into it is escaped.
///
/// ```swift
/// let row: HTML = "<td>\(job.kind)</td>"
/// ```
struct HTML: Sendable, Hashable, ExpressibleByStringInterpolation {
    private(set) var text: String

    init(stringLiteral literal: String) { text = literal }

    init(stringInterpolation parts: StringInterpolation) { text = parts.text }

    /// Markup from a trusted source, such as a file of this module.
    init(markup: String) { text = markup }

    static func + (left: HTML, right: HTML) -> HTML { HTML(markup: left.text + right.text) }

    static func += (left: inout HTML, right: HTML) { left.text += right.text }

    var isEmpty: Bool { text.isEmpty }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity + 16 * interpolationCount) }

        mutating func appendLiteral(_ literal: String) { text += literal }

        mutating func appendInterpolation(_ foreign: String) { HTML.escape(foreign, into: &text) }

        mutating func appendInterpolation(_ foreign: Substring) { HTML.escape(String(foreign), into: &text) }

        mutating func appendInterpolation(_ number: Int) { text += "\(number)" }

        mutating func appendInterpolation(_ markup: HTML) { text += markup.text }

        mutating func appendInterpolation(_ markup: HTML?) { text += markup?.text ?? "" }

        mutating func appendInterpolation(_ markup: [HTML]) { for part in markup { text += part.text } }
    }

    /// Escapes text for elements and for quoted attributes. Characters that are invisible, or that change the direction of the text
    /// around them, are shown as their number.
    private static func escape(_ foreign: String, into text: inout String) {
        for scalar in foreign.unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            case "\n", "\t": text.unicodeScalars.append(scalar)
            default:
                if !scalar.isASCII && HumanText.isControl(scalar) || scalar.value < 32 || scalar.value == 127 {
                    text += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
    }
}

extension Sequence<HTML> {
    /// The parts as one, with markup between them.
    func joined(_ separator: HTML = "") -> HTML {
        var result = HTML(markup: "")
        var isFirst = true
        for part in self {
            if !isFirst { result += separator }
            result += part
            isFirst = false
        }
        return result
    }
}
