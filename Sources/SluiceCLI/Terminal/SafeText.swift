import SluiceInspector

/// Sanitizes all output of the tool. Text from jobs, servers and commands cannot move a cursor, hide itself, or change the
/// direction of reading.
enum SafeText {
    /// Text for people with control characters made visible, except line ends and, if wanted, the colours of ``Style``.
    static func shown(_ text: String, isColoured: Bool = false) -> String {
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x0A }) { return text }
        var result = ""
        var rest = text.unicodeScalars[...]
        while let scalar = rest.first {
            if scalar == "\n" {
                result.unicodeScalars.append(scalar)
                rest = rest.dropFirst()
            } else if scalar == "\u{1B}", isColoured, let length = Style.sequenceLength(rest) {
                result.unicodeScalars.append(contentsOf: rest.prefix(length))
                rest = rest.dropFirst(length)
            } else {
                result += HumanText.visible(String(scalar))
                rest = rest.dropFirst()
            }
        }
        return result
    }

    /// An equivalent JSON text with the control characters in its strings escaped: C1, directional, and other invisible characters.
    static func json(_ text: [UInt8]) -> [UInt8] {
        if text.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x0A }) { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\n": result.append(0x0A)
            // Only between values; inside a string they are escaped.
            case "\r", "\t": result.append(0x20)
            default:
                if HumanText.isControl(scalar) {
                    for unit in String(scalar).utf16 { result += escaped(unit) }
                } else {
                    result += Array(String(scalar).utf8)
                }
            }
        }
        return result
    }

    private static func escaped(_ unit: UInt16) -> [UInt8] {
        let digits = String(unit, radix: 16)
        return Array(("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
    }
}
