/// Finds the members of a JSON object, or the elements of an array (RFC 8259), without decoding their values, which it passes on
/// as text. So arguments are decoded once, by the code that knows their type. The envelope costs a tenth of a microsecond; a
/// decoder of Foundation around the arguments costs two more for each job.
package struct JSONScanner: ~Copyable {
    /// The reason why a text is not a JSON object.
    package struct Malformed: Error {
        package let reason: String
    }

    private let text: UnsafeRawBufferPointer
    private var position = 0

    package init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// Calls `body` with the name and the text of each member, in order.
    /// - Throws: `Malformed` if the text is not a JSON object, and the errors of `body`.
    package mutating func forEachMember(
        _ body: (_ name: String, _ value: UnsafeRawBufferPointer) throws(Malformed) -> Void
    ) throws(Malformed) {
        try expect(UInt8(ascii: "{"))
        if takes(UInt8(ascii: "}")) { return try end() }
        repeat {
            skipBlanks()
            let name = try JSONText.string(try string())
            try expect(UInt8(ascii: ":"))
            try body(name, try value())
        } while try continues(until: UInt8(ascii: "}"))
    }

    /// Calls `body` with the text of each element, in order.
    /// - Throws: `Malformed` if the text is not a JSON array, and the errors of `body`.
    package mutating func forEachElement(
        _ body: (_ value: UnsafeRawBufferPointer) throws(Malformed) -> Void
    ) throws(Malformed) {
        try expect(UInt8(ascii: "["))
        if takes(UInt8(ascii: "]")) { return try end() }
        repeat { try body(try value()) } while try continues(until: UInt8(ascii: "]"))
    }

    /// Whether another item follows. If none does, the text has to end.
    private mutating func continues(until bracket: UInt8) throws(Malformed) -> Bool {
        if takes(UInt8(ascii: ",")) { return true }
        guard takes(bracket) else { throw Malformed(reason: "a comma or a closing bracket is missing at byte \(position)") }
        try end()
        return false
    }

    /// Passes over blanks, and over a byte if it is next.
    private mutating func takes(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func end() throws(Malformed) {
        skipBlanks()
        if position < text.count { throw Malformed(reason: "something follows its end at byte \(position)") }
    }

    private func peek() -> UInt8? { position < text.count ? text[position] : nil }

    private mutating func skipBlanks() {
        while let byte = peek(), Self.isBlank(byte) { position += 1 }
    }

    private mutating func expect(_ byte: UInt8) throws(Malformed) {
        skipBlanks()
        guard peek() == byte else {
            throw Malformed(reason: "'\(Character(UnicodeScalar(byte)))' is missing at byte \(position)")
        }
        position += 1
    }

    /// The text of a string with its quotes.
    private mutating func string() throws(Malformed) -> UnsafeRawBufferPointer {
        let start = position
        guard peek() == UInt8(ascii: "\"") else { throw Malformed(reason: "a string is missing at byte \(position)") }
        guard let end = Self.end(ofStringAt: start, in: text) else { throw Malformed(reason: "a string has no end") }
        position = end
        return UnsafeRawBufferPointer(rebasing: text[start..<end])
    }

    /// The text of one value.
    private mutating func value() throws(Malformed) -> UnsafeRawBufferPointer {
        skipBlanks()
        let start = position
        guard let end = Self.end(ofValueAt: start, in: text) else { throw Malformed(reason: "a value has no end") }
        if end == start { throw Malformed(reason: "a value is missing at byte \(start)") }
        position = end
        return Self.trimmed(UnsafeRawBufferPointer(rebasing: text[start..<end]))
    }
}

extension JSONScanner {
    /// The position behind the string whose first quote is at `start`; nil if the text ends before it.
    static func end(ofStringAt start: Int, in text: UnsafeRawBufferPointer) -> Int? {
        var position = start + 1
        while position < text.count {
            let byte = text[position]
            position += byte == UInt8(ascii: "\\") ? 2 : 1
            if byte == UInt8(ascii: "\"") { return position }
        }
        return nil
    }

    /// The position behind the value at `start`, found by its brackets and quotes, blanks behind it included; nil if the text ends
    /// before it.
    static func end(ofValueAt start: Int, in text: UnsafeRawBufferPointer) -> Int? {
        var depth = 0
        var position = start
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\""):
                guard let end = end(ofStringAt: position, in: text) else { return nil }
                if depth == 0 { return end }
                position = end
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return position }
                depth -= 1
                if depth == 0 { return position + 1 }
            case UInt8(ascii: ",") where depth == 0: return position
            default: break
            }
            position += 1
        }
        return nil
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    /// The text without blanks around it.
    package static func trimmed(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var first = 0
        var end = text.count
        while first < end, isBlank(text[first]) { first += 1 }
        while end > first, isBlank(text[end - 1]) { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: text[first..<end])
    }
}
