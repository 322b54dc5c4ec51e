import SluiceInspector

/// What leaves the tool: text of jobs, servers and commands has passed through here, so none of it can move a cursor, hide itself or
/// turn the direction of reading.
package enum SafeText {
    /// Text for people, controls made visible, but for line ends, and for the colours of ``Style`` where those are wanted.
    package static func shown(_ text: String, isColoured: Bool = false) -> String {
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

    /// A JSON text that means the same, the controls in its strings escaped: C1, those of direction, and others that are not seen.
    package static func json(_ text: [UInt8]) -> [UInt8] {
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
