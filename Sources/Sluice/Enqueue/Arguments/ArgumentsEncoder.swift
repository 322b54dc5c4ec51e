import SluiceCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Writes the arguments of a job as JSON text, at a third of the cost of `JSONEncoder`, which first builds a tree of values.
///
/// Both texts hold the same values. Members are in the order in which they are encoded, and slashes are not escaped. It leaves to
/// `JSONEncoder` what is rare: containers that a value opens in another one, types that `JSONEncoder` treats apart, names that an
/// object uses twice, objects of many members, errors.
final class ArgumentsEncoder: Encoder {
    /// The kind of value that is being written.
    private enum Shape {
        case unknown, object, list, single
    }

    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    private(set) var text: [UInt8] = []
    private var shape = Shape.unknown
    /// The names of the open objects' members, and where those of the innermost begin.
    private var names: [String] = []
    private var firstName = 0
    /// Whether the value is left to `JSONEncoder`.
    private var isRare = false

    /// More members of an object are not compared with each other.
    private static let mostMembers = 32

    /// The arguments as JSON text; nil if they are to be left to `JSONEncoder`.
    static func text(of arguments: some Encodable) -> [UInt8]? {
        let encoder = ArgumentsEncoder()
        encoder.text.reserveCapacity(256)
        guard (try? encoder.write(arguments)) != nil, !encoder.isRare else { return nil }
        return encoder.text
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        open(.object, UInt8(ascii: "{"))
        return KeyedEncodingContainer(ObjectWriter(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        open(.list, UInt8(ascii: "["))
        return ListWriter(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        open(.single, nil)
        return SingleWriter(encoder: self)
    }

    /// A value may ask for one container.
    private func open(_ shape: Shape, _ bracket: UInt8?) {
        if self.shape != .unknown { isRare = true }
        self.shape = shape
        if let bracket { text.append(bracket) }
    }

    func leaveToJSONEncoder() -> ArgumentsEncoder {
        isRare = true
        return self
    }

    /// Starts the next member or element of what is open.
    func separate() {
        if let last = text.last, last != UInt8(ascii: "{"), last != UInt8(ascii: "[") { text.append(UInt8(ascii: ",")) }
    }

    func write<Value: Encodable>(_ value: Value) throws {
        // JSONEncoder has a form of its own for these.
        if Value.self == Data.self || Value.self == URL.self || Value.self == Decimal.self { isRare = true }
        let (outer, outerName) = (shape, firstName)
        let start = text.count
        shape = .unknown
        firstName = names.count
        do {
            try value.encode(to: self)
        } catch {
            // A handler that catches it leaves half a value behind.
            isRare = true
            throw error
        }
        // A value that encodes nothing.
        if text.count == start { isRare = true }
        switch shape {
        case .object: text.append(UInt8(ascii: "}"))
        case .list: text.append(UInt8(ascii: "]"))
        case .single, .unknown: break
        }
        names.removeSubrange(firstName...)
        (shape, firstName) = (outer, outerName)
    }

    func append(_ string: String) { JSONText.append(string, to: &text) }

    /// Appends the name of a member.
    func append(name: String) {
        let others = names[firstName...]
        // Of equal names JSONEncoder keeps the last.
        if others.count >= Self.mostMembers || others.contains(name) { isRare = true }
        if !isRare { names.append(name) }
        separate()
        append(name)
        text.append(UInt8(ascii: ":"))
    }

    func append(_ bool: Bool) { text.append(contentsOf: (bool ? "true" : "false").utf8) }

    func append(_ number: some BinaryInteger) { text.append(contentsOf: String(number).utf8) }

    func append(_ number: some BinaryFloatingPoint & CustomStringConvertible) {
        if !number.isFinite { isRare = true }
        let digits = number.description
        text.append(contentsOf: (digits.hasSuffix(".0") ? digits.dropLast(2) : digits[...]).utf8)
    }

    func appendNull() { text.append(contentsOf: "null".utf8) }
}
