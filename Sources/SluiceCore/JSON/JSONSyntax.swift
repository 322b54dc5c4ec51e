/// Checks that a text is JSON according to RFC 8259, and says where it is not. It decodes nothing: a megabyte takes milliseconds.
/// Foundation's parser would build every value, and names no place that a person could find.
package struct JSONSyntax: ~Copyable {
    /// The maximum number of open brackets, which decoders can handle.
    private static let deepest = 500

    private let text: UnsafeRawBufferPointer
    private var position = 0

    private init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// Accepts one JSON value of any kind, with blanks around it.
    /// - Throws: `Malformed` for any other text, with the place of the fault.
    package static func check(_ text: [UInt8]) throws(JSONScanner.Malformed) {
        let result: Result<Void, JSONScanner.Malformed> = text.withUnsafeBytes { bytes in
            var syntax = JSONSyntax(bytes)
            do throws(JSONScanner.Malformed) {
                return .success(try syntax.document())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        if String(validating: text, as: UTF8.self) == nil { throw JSONScanner.Malformed(reason: "it is not UTF-8") }
    }

    private mutating func document() throws(JSONScanner.Malformed) {
        try value(depth: 0)
        skipBlanks()
        if position < text.count { throw unexpected("the end") }
    }

    private func peek() -> UInt8? { position < text.count ? text[position] : nil }

    private func unexpected(_ wanted: String) -> JSONScanner.Malformed {
        guard let byte = peek() else { return JSONScanner.Malformed(reason: "it ends where \(wanted) should be") }
        let found = (0x21...0x7E).contains(byte) ? "'\(Character(UnicodeScalar(byte)))'" : "byte \(byte)"
        return JSONScanner.Malformed(reason: "\(found) at byte \(position + 1), where \(wanted) should be")
    }

    private mutating func skipBlanks() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONScanner.Malformed) {
        skipBlanks()
        guard let first = peek() else { throw unexpected("a value") }
        switch first {
        case UInt8(ascii: "{"): try list(closedBy: UInt8(ascii: "}"), depth: depth, named: true)
        case UInt8(ascii: "["): try list(closedBy: UInt8(ascii: "]"), depth: depth, named: false)
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        default: throw unexpected("a value")
        }
    }

    private mutating func list(closedBy end: UInt8, depth: Int, named: Bool) throws(JSONScanner.Malformed) {
        if depth == Self.deepest { throw JSONScanner.Malformed(reason: "more than \(depth) brackets are open at once") }
        position += 1
        skipBlanks()
        if take(end) { return }
        while true {
            if named {
                skipBlanks()
                guard peek() == UInt8(ascii: "\"") else { throw unexpected("a name in quotes") }
                try string()
                skipBlanks()
                guard take(UInt8(ascii: ":")) else { throw unexpected("a colon") }
            }
            try value(depth: depth + 1)
            skipBlanks()
            if take(end) { return }
            guard take(UInt8(ascii: ",")) else { throw unexpected("a comma or a closing bracket") }
        }
    }

    private mutating func string() throws(JSONScanner.Malformed) {
        position += 1
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"): try escape()
            case 0..<0x20: throw unexpected("an escape, since control characters are not allowed in strings,")
            default: position += 1
            }
        }
        throw unexpected("a closing quote")
    }

    private mutating func escape() throws(JSONScanner.Malformed) {
        position += 1
        guard let byte = peek(), "\"\\/bfnrtu".utf8.contains(byte) else { throw unexpected("an escape") }
        position += 1
        if byte != UInt8(ascii: "u") { return }
        let end = position + 4
        while position < end {
            guard let digit = peek(), Self.isHexadecimal(digit) else { throw unexpected("a hexadecimal digit") }
            position += 1
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    private mutating func word(_ word: StaticString) throws(JSONScanner.Malformed) {
        for index in 0..<word.utf8CodeUnitCount {
            guard take(word.utf8Start[index]) else { throw unexpected("the word \(word)") }
        }
    }

    private mutating func number() throws(JSONScanner.Malformed) {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
    }

    private mutating func digits() throws(JSONScanner.Malformed) {
        let start = position
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        if position == start { throw unexpected("a digit") }
    }
}
