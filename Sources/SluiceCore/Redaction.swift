#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Hides the values of some fields, wherever they stand in a JSON text, and whatever text repeats them.
package struct Redaction: Sendable {
    /// Names of members of objects, at any depth.
    private let fields: Set<String>
    /// What those members hold, as text, longest first.
    private let secrets: [String]

    /// What is shown instead.
    package static let mark = "[redacted]"

    /// - Parameter arguments: a JSON text whose values of these fields are hidden elsewhere, too.
    package init(_ fields: [String], in arguments: [UInt8] = []) {
        self.fields = Set(fields)
        secrets = fields.isEmpty ? [] : Self.secrets(Self.walk(arguments, Set(fields)).values)
    }

    /// - Throws: `invalidArgument` for names that the library would refuse.
    package static func check(_ fields: [String]) throws(SluiceError) {
        if fields.count <= 100, fields.allSatisfy(KindName.isValid) { return }
        throw SluiceError(
            .invalidArgument, "a job redacts at most 100 fields, by names of 1 to 128 bytes without control characters")
    }

    /// Whether it hides nothing.
    package var isEmpty: Bool { fields.isEmpty }

    /// A JSON text without the values of the fields.
    package func masking(json text: [UInt8]) -> [UInt8] { isEmpty ? text : Self.walk(text, fields).masked }

    /// A text without what the fields hold. Values of one or two characters stay: they are in any text.
    package func masking(_ text: String) -> String {
        secrets.reduce(text) { $0.replacing($1, with: Self.mark) }
    }

    /// Copies a text and takes the values of the fields out. In JSON, a string before a colon is a name.
    private static func walk(_ text: [UInt8], _ fields: Set<String>) -> (masked: [UInt8], values: [ArraySlice<UInt8>]) {
        var masked: [UInt8] = []
        var values: [ArraySlice<UInt8>] = []
        var position = 0
        while position < text.count {
            let start = position
            guard text[position] == UInt8(ascii: "\"") else {
                masked.append(text[position])
                position += 1
                continue
            }
            position = end(ofStringAt: position, in: text)
            let name = text[start..<position]
            masked += name
            let colon = skippingBlanks(position, in: text)
            guard colon < text.count, text[colon] == UInt8(ascii: ":"), fields.contains(string(name)) else { continue }
            let from = skippingBlanks(colon + 1, in: text)
            position = end(ofValueAt: from, in: text)
            values.append(text[from..<position])
            masked += Array(":\"\(mark)\"".utf8)
        }
        return (masked, values)
    }

    private static func skippingBlanks(_ start: Int, in text: [UInt8]) -> Int {
        text[start...].firstIndex { $0 > 0x20 } ?? text.count
    }

    private static func end(ofStringAt start: Int, in text: [UInt8]) -> Int {
        var position = start + 1
        while position < text.count, text[position] != UInt8(ascii: "\"") {
            position += text[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(position + 1, text.count)
    }

    private static func end(ofValueAt start: Int, in text: [UInt8]) -> Int {
        var depth = 0
        var position = start
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\""):
                position = end(ofStringAt: position, in: text)
                if depth == 0 { return position }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return position }
                depth -= 1
                if depth == 0 { return position + 1 }
            case UInt8(ascii: ","):
                if depth == 0 { return position }
            default: break
            }
            position += 1
        }
        return position
    }

    private static func string(_ quoted: ArraySlice<UInt8>) -> String {
        quoted.withUnsafeBytes { (try? JSONText.string($0)) ?? "" }
    }

    /// The strings and numbers in what was taken out.
    private static func secrets(_ values: [ArraySlice<UInt8>]) -> [String] {
        var found: Set<String> = []
        for value in values {
            let text = Array(value)
            var position = 0
            while position < text.count {
                let start = position
                if text[position] == UInt8(ascii: "\"") {
                    position = end(ofStringAt: position, in: text)
                    found.insert(string(text[start..<position]))
                } else if isOfNumber(text[position]) {
                    while position < text.count, isOfNumber(text[position]) { position += 1 }
                    found.insert(String(decoding: text[start..<position], as: UTF8.self))
                } else {
                    position += 1
                }
            }
        }
        return found.filter { $0.count > 2 }.sorted { ($0.count, $0) > ($1.count, $1) }
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
    }
}
