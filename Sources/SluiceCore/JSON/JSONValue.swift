/// A JSON document for output. Members keep their order, and text that is JSON already passes through unchanged, so that no
/// number of a user changes.
package enum JSONValue: Sendable, Equatable {
    package struct Member: Sendable, Equatable {
        package var name: String
        package var value: JSONValue

        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])
    /// Text that is known to be JSON.
    case text([UInt8])

    /// The text unchanged if it is JSON, otherwise as a string.
    package init(text: [UInt8]) {
        self = JSONText.isValid(text) ? .text(text) : .string(String(decoding: text, as: UTF8.self))
    }

    /// The string, or null.
    package init(_ string: String?) { self = string.map(JSONValue.string) ?? .null }

    /// The number, or null.
    package init(_ integer: Int?) { self = integer.map(JSONValue.integer) ?? .null }

    /// This object with one more member at its end.
    package func adding(_ name: String, _ value: JSONValue) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members + [Member(name: name, value: value)])
    }

    /// The document on one line, except for line ends in text that was JSON already.
    package func encoded() -> [UInt8] {
        var text: [UInt8] = []
        append(to: &text)
        return text
    }

    private func append(to text: inout [UInt8]) {
        switch self {
        case .null: text.append(contentsOf: "null".utf8)
        case .bool(let value): text.append(contentsOf: "\(value)".utf8)
        case .integer(let value): text.append(contentsOf: "\(value)".utf8)
        case .number(let value): text.append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
        case .string(let value): JSONText.append(value, to: &text)
        case .text(let value): text.append(contentsOf: value)
        case .array(let values):
            Self.append(values, between: "[]", to: &text) { value, text in value.append(to: &text) }
        case .object(let members):
            Self.append(members, between: "{}", to: &text) { member, text in
                JSONText.append(member.name, to: &text)
                text.append(UInt8(ascii: ":"))
                member.value.append(to: &text)
            }
        }
    }

    private static func append<Item>(
        _ items: [Item], between brackets: StaticString, to text: inout [UInt8], _ body: (Item, inout [UInt8]) -> Void
    ) {
        text.append(brackets.utf8Start[0])
        for (index, item) in items.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            body(item, &text)
        }
        text.append(brackets.utf8Start[1])
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member(name: $0.0, value: $0.1) })
    }
}
