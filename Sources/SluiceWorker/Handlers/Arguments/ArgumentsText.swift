/// The structure of a JSON text: its values in the order in which they begin, each with its place in the text.
struct ArgumentsText: ~Copyable {
    enum Kind: UInt8 {
        case object, list, string, escapedString, number, yes, no, null
    }

    /// A value, or the name of a member, which stands before its value.
    struct Node {
        var kind: Kind
        /// Its bytes; those of a string without its quotes.
        var start: Int32
        var end: Int32 = 0
        /// The node behind it and all that it contains.
        var next: Int32 = 0
    }

    /// Deeper texts have none.
    private static let deepest = 64

    private let text: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var nodes: [Node] = []
    private var isASCII = true

    private init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    /// The nodes of a text; nil if it is not JSON (RFC 8259) in UTF-8, or nested deeply.
    static func nodes(of text: [UInt8]) -> [Node]? {
        guard text.count < Int32.max else { return nil }
        return text.withUnsafeBufferPointer { bytes in
            var parser = ArgumentsText(bytes)
            parser.nodes.reserveCapacity(16)
            guard parser.value(0) else { return nil }
            parser.skipBlanks()
            guard parser.position == bytes.count else { return nil }
            if !parser.isASCII, String(validating: bytes, as: UTF8.self) == nil { return nil }
            return parser.nodes
        }
    }

    private func peek() -> UInt8? { position < text.count ? text[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func value(_ depth: Int) -> Bool {
        skipBlanks()
        switch peek() {
        case UInt8(ascii: "{"): return items(.object, until: UInt8(ascii: "}"), depth)
        case UInt8(ascii: "["): return items(.list, until: UInt8(ascii: "]"), depth)
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return word("true", .yes)
        case UInt8(ascii: "f"): return word("false", .no)
        case UInt8(ascii: "n"): return word("null", .null)
        default: return number()
        }
    }

    private mutating func open(_ kind: Kind) -> Int {
        nodes.append(Node(kind: kind, start: Int32(position)))
        return nodes.count - 1
    }

    private mutating func close(_ node: Int, at end: Int) {
        nodes[node].end = Int32(end)
        nodes[node].next = Int32(nodes.count)
    }

    private mutating func items(_ kind: Kind, until bracket: UInt8, _ depth: Int) -> Bool {
        if depth == Self.deepest { return false }
        let node = open(kind)
        position += 1
        skipBlanks()
        var isOver = take(bracket)
        while !isOver {
            if kind == .object {
                skipBlanks()
                guard peek() == UInt8(ascii: "\""), string() else { return false }
                skipBlanks()
                guard take(UInt8(ascii: ":")) else { return false }
            }
            guard value(depth + 1) else { return false }
            skipBlanks()
            isOver = take(bracket)
            guard isOver || take(UInt8(ascii: ",")) else { return false }
        }
        close(node, at: position)
        return true
    }

    private mutating func string() -> Bool {
        position += 1
        let node = open(.string)
        while let byte = peek() {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                close(node, at: position - 1)
                return true
            case UInt8(ascii: "\\"):
                nodes[node].kind = .escapedString
                // What is escaped is read with the string. A quote must not end it.
                position += 1
            case 0..<0x20: return false
            case 0x80...: isASCII = false
            default: break
            }
        }
        return false
    }

    private mutating func word(_ word: StaticString, _ kind: Kind) -> Bool {
        let node = open(kind)
        for index in 0..<word.utf8CodeUnitCount where !take(word.utf8Start[index]) { return false }
        close(node, at: position)
        return true
    }

    private mutating func number() -> Bool {
        let node = open(.number)
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")), !digits() { return false }
        if take(UInt8(ascii: ".")), !digits() { return false }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            if !digits() { return false }
        }
        close(node, at: position)
        return true
    }

    private mutating func digits() -> Bool {
        let start = position
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position > start
    }
}
