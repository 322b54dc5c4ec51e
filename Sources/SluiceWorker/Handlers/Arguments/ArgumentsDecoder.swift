#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Decodes the arguments of a job at a third of the cost of `JSONDecoder`, which is most of what a short run costs its worker.
///
/// Both decode the same values. It leaves to `JSONDecoder` what is rare, and all errors: types that `JSONDecoder` treats apart,
/// containers inside containers, names that an object has twice or that are not plain ASCII, integers with a fraction or an
/// exponent. A type may catch an error of a member, so what went wrong is noted here, not only thrown.
final class ArgumentsDecoder {
    typealias Node = ArgumentsText.Node

    /// More members of an object are not compared with each other.
    private static let mostMembers = 32

    private let text: [UInt8]
    let nodes: [Node]
    private var isRare = false

    private init?(_ text: [UInt8]) {
        guard let nodes = ArgumentsText.nodes(of: text) else { return nil }
        self.text = text
        self.nodes = nodes
    }

    /// Decodes JSON text.
    /// - Throws: The errors of `JSONDecoder`, and those of the type.
    static func decode<Value: Decodable>(_ type: Value.Type, from text: [UInt8]) throws -> Value {
        try decodeUsual(type, from: text) ?? decoder.decode(type, from: Data(text))
    }

    /// The value; nil if it is to be left to `JSONDecoder`.
    static func decodeUsual<Value: Decodable>(_ type: Value.Type, from text: [UInt8]) -> Value? {
        guard let decoder = ArgumentsDecoder(text), let value = try? decoder.value(type, at: 0) else { return nil }
        return decoder.isRare ? nil : value
    }

    private static let decoder = JSONDecoder()

    /// Notes that the text is left to `JSONDecoder`. Its error takes the place of this one.
    func rare(_ why: String = "left to JSONDecoder") -> DecodingError {
        isRare = true
        return .dataCorrupted(DecodingError.Context(codingPath: [], debugDescription: why))
    }

    // MARK: Values

    func value<Value: Decodable>(_ type: Value.Type, at node: Int) throws -> Value {
        // JSONDecoder has a form of its own for these.
        if type == Data.self || type == URL.self || type == Decimal.self { throw rare() }
        return try Value(from: ValueReader(document: self, node: node))
    }

    func isNull(_ node: Int) -> Bool { nodes[node].kind == .null }

    func bool(at node: Int) throws -> Bool {
        switch nodes[node].kind {
        case .yes: true
        case .no: false
        default: throw rare()
        }
    }

    func string(at node: Int) throws -> String {
        let node = nodes[node]
        let bytes = text[Int(node.start)..<Int(node.end)]
        switch node.kind {
        case .string: return String(decoding: bytes, as: UTF8.self)
        case .escapedString:
            guard let string = Self.unescaped(bytes) else { throw rare() }
            return string
        default: throw rare()
        }
    }

    func integer<Number: FixedWidthInteger>(_ type: Number.Type, at node: Int) throws -> Number {
        let node = nodes[node]
        guard node.kind == .number, let number = Number(ascii: text[Int(node.start)..<Int(node.end)]) else { throw rare() }
        return number
    }

    func float<Number: BinaryFloatingPoint & LosslessStringConvertible>(_ type: Number.Type, at node: Int) throws -> Number {
        let node = nodes[node]
        guard node.kind == .number,
            let number = Number(String(decoding: text[Int(node.start)..<Int(node.end)], as: UTF8.self)),
            // JSONDecoder decides about what is too large or too small.
            number.isNormal
        else {
            if node.kind == .number, node.end == node.start + 1, text[Int(node.start)] == UInt8(ascii: "0") { return 0 }
            throw rare()
        }
        return number
    }

    // MARK: Members

    /// Checks that the names of an object can be compared byte by byte, and that none occurs twice.
    func checkNames(of object: Int) throws {
        var names: [Node] = []
        for member in Members(of: object, in: nodes) {
            let name = nodes[member]
            guard name.kind == .string, names.count < Self.mostMembers,
                text[Int(name.start)..<Int(name.end)].allSatisfy({ $0 < 0x80 }),
                !names.contains(where: { isEqual($0, name) })
            else { throw rare() }
            names.append(name)
        }
    }

    private func isEqual(_ first: Node, _ second: Node) -> Bool {
        first.end - first.start == second.end - second.start
            && text[Int(first.start)..<Int(first.end)].elementsEqual(text[Int(second.start)..<Int(second.end)])
    }

    /// The value of a member; nil if the object has none of that name.
    func member(_ name: String, of object: Int) -> Int? {
        Members(of: object, in: nodes).first { member in
            let node = nodes[member]
            return Int(node.end - node.start) == name.utf8.count
                && name.utf8.elementsEqual(text[Int(node.start)..<Int(node.end)])
        }.map { $0 + 1 }
    }

    func names(of object: Int) -> [String] {
        Members(of: object, in: nodes).map { String(decoding: text[Int(nodes[$0].start)..<Int(nodes[$0].end)], as: UTF8.self) }
    }

    /// The nodes of the names in an object.
    private struct Members: Sequence, IteratorProtocol {
        private let nodes: [Node]
        private var position: Int
        private let end: Int

        init(of object: Int, in nodes: [Node]) {
            self.nodes = nodes
            position = object + 1
            end = Int(nodes[object].next)
        }

        mutating func next() -> Int? {
            guard position < end else { return nil }
            defer { position = Int(nodes[position + 1].next) }
            return position
        }
    }
}

extension ArgumentsDecoder {
    /// A string whose escapes are replaced; nil if one of them does not exist.
    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String? {
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                plain.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "n"): plain.append(0x0A)
            case UInt8(ascii: "r"): plain.append(0x0D)
            case UInt8(ascii: "t"): plain.append(0x09)
            case UInt8(ascii: "b"): plain.append(0x08)
            case UInt8(ascii: "f"): plain.append(0x0C)
            case let byte? where byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "/"):
                plain.append(byte)
            case UInt8(ascii: "u"):
                // Halves of a pair are rare enough for JSONDecoder.
                let digits = rest.prefix(4)
                guard digits.count == 4, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
                    let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16), let scalar = Unicode.Scalar(code)
                else { return nil }
                plain.append(contentsOf: String(scalar).utf8)
                rest.removeFirst(4)
            default: return nil
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }
}

extension FixedWidthInteger {
    /// A number in decimal digits, with a sign if it is negative; nil for anything else.
    fileprivate init?(ascii text: ArraySlice<UInt8>) {
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = isNegative ? text.dropFirst() : text
        guard !digits.isEmpty else { return nil }
        var number: Self = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let digit = Self(truncatingIfNeeded: byte - UInt8(ascii: "0"))
            let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isOver) = isNegative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
            if isTooLarge || isOver { return nil }
            number = sum
        }
        self = number
    }
}
