#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Writes and reads small pieces of JSON where an encoder would cost more than the text.
package enum JSONText {
    /// Appends a string with its quotes.
    package static func append(_ string: String, to text: inout [UInt8]) {
        var string = string
        text.append(UInt8(ascii: "\""))
        string.withUTF8 { bytes in
            var start = 0
            for (index, byte) in bytes.enumerated() where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
            {
                text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<index]))
                text.append(contentsOf: escape(byte))
                start = index + 1
            }
            text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start...]))
        }
        text.append(UInt8(ascii: "\""))
    }

    private static func escape(_ byte: UInt8) -> [UInt8] {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return [UInt8(ascii: "\\"), byte]
        case 0x0A: return Array("\\n".utf8)
        case 0x0D: return Array("\\r".utf8)
        case 0x09: return Array("\\t".utf8)
        default:
            let digits = Array("0123456789abcdef".utf8)
            return Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }

    /// Appends an object of strings, its names sorted.
    package static func append(_ values: [String: String], to text: inout [UInt8]) {
        text.append(UInt8(ascii: "{"))
        for (index, (name, value)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            append(name, to: &text)
            text.append(UInt8(ascii: ":"))
            append(value, to: &text)
        }
        text.append(UInt8(ascii: "}"))
    }

    /// Appends an array of strings.
    package static func append(_ values: [String], to text: inout [UInt8]) {
        text.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            append(value, to: &text)
        }
        text.append(UInt8(ascii: "]"))
    }

    /// The string as JSON, with its quotes.
    package static func quoted(_ string: String) -> String {
        var text: [UInt8] = []
        append(string, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes a string with its quotes.
    /// - Throws: `Malformed` for anything else.
    package static func string(_ text: UnsafeRawBufferPointer) throws(JSONScanner.Malformed) -> String {
        guard text.count >= 2, text.first == UInt8(ascii: "\""), text.last == UInt8(ascii: "\"") else {
            throw JSONScanner.Malformed(reason: "a string was expected")
        }
        let inner = UnsafeRawBufferPointer(rebasing: text[1..<(text.count - 1)])
        if !inner.contains(UInt8(ascii: "\\")) { return String(decoding: inner, as: UTF8.self) }
        guard let string = try? JSONDecoder().decode(String.self, from: Data(text)) else {
            throw JSONScanner.Malformed(reason: "a string has an escape that does not exist")
        }
        return string
    }

    /// Decodes an integer; nil for anything else.
    package static func integer(_ text: UnsafeRawBufferPointer) -> Int? { Int(String(decoding: text, as: UTF8.self)) }

    /// Decodes an object of strings.
    /// - Throws: `Malformed` for anything else.
    package static func strings(_ text: UnsafeRawBufferPointer) throws(JSONScanner.Malformed) -> [String: String] {
        var values: [String: String] = [:]
        var scanner = JSONScanner(text)
        try scanner.forEachMember { (name, value) throws(JSONScanner.Malformed) in values[name] = try string(value) }
        return values
    }

    /// Decodes an array of strings.
    /// - Throws: `Malformed` for anything else.
    package static func list(_ text: UnsafeRawBufferPointer) throws(JSONScanner.Malformed) -> [String] {
        guard let list = try? JSONDecoder().decode([String].self, from: Data(text)) else {
            throw JSONScanner.Malformed(reason: "an array of strings was expected")
        }
        return list
    }

    /// Whether a text is JSON of any kind.
    package static func isValid(_ text: [UInt8]) -> Bool { (try? JSONSyntax.check(text)) != nil }
}
