import SluiceCore

/// What a value of JSON looks like, in the words of JSON Schema 2020-12, which OpenAPI 3.1 uses.
indirect enum Schema: Sendable {
    struct Property: Sendable {
        var name: String
        var schema: Schema
        var isRequired: Bool

        static func required(_ name: String, _ schema: Schema) -> Self {
            Self(name: name, schema: schema, isRequired: true)
        }

        static func optional(_ name: String, _ schema: Schema) -> Self {
            Self(name: name, schema: schema, isRequired: false)
        }
    }

    case any
    case null
    case boolean
    case integer
    case range(Int, Int)
    case number
    case string
    /// A string with bounds: a pattern of ECMA-262, and lengths in characters.
    case text(pattern: String? = nil, shortest: Int? = nil, longest: Int? = nil)
    case time
    case word([String])
    case array(Schema, most: Int? = nil, least: Int? = nil)
    case map(Schema)
    /// An object that may have further members, which a later version may add.
    case object([Property])
    /// An object without further members.
    case closed([Property])
    case anyOf([Schema])
    case described(Schema, String)
    /// A schema among the components of the document.
    case reference(String)

    /// A value or null.
    static func orNull(_ schema: Schema) -> Schema { .anyOf([schema, .null]) }

    static func words<Word: RawRepresentable & CaseIterable>(_ type: Word.Type) -> Schema where Word.RawValue == String {
        .word(type.allCases.map(\.rawValue))
    }

    func saying(_ description: String) -> Schema { .described(self, description) }
}

extension Schema {
    /// The schema as JSON.
    var json: JSONValue {
        switch self {
        case .any: return .object([])
        case .null: return ["type": "null"]
        case .boolean: return ["type": "boolean"]
        case .integer: return ["type": "integer"]
        case .range(let first, let last): return ["type": "integer", "minimum": .integer(first), "maximum": .integer(last)]
        case .number: return ["type": "number"]
        case .string: return ["type": "string"]
        case .text(let pattern, let shortest, let longest):
            var members: [JSONValue.Member] = [.init(name: "type", value: "string")]
            if let pattern { members.append(.init(name: "pattern", value: .string(pattern))) }
            if let shortest { members.append(.init(name: "minLength", value: .integer(shortest))) }
            if let longest { members.append(.init(name: "maxLength", value: .integer(longest))) }
            return .object(members)
        case .time: return ["type": "string", "format": "date-time"]
        case .word(let words): return ["type": "string", "enum": .array(words.map(JSONValue.string))]
        case .array(let element, let most, let least):
            var members: [JSONValue.Member] = [
                .init(name: "type", value: "array"), .init(name: "items", value: element.json),
            ]
            if let least { members.append(.init(name: "minItems", value: .integer(least))) }
            if let most { members.append(.init(name: "maxItems", value: .integer(most))) }
            return .object(members)
        case .map(let value): return ["type": "object", "additionalProperties": value.json]
        case .object(let properties): return Self.object(properties)
        case .closed(let properties): return Self.object(properties).adding("additionalProperties", false)
        case .anyOf(let schemas): return ["anyOf": .array(schemas.map(\.json))]
        case .described(let schema, let text): return schema.json.adding("description", .string(text))
        case .reference(let name): return ["$ref": .string("#/components/schemas/\(name)")]
        }
    }

    private static func object(_ properties: [Property]) -> JSONValue {
        let required = properties.filter(\.isRequired).map { JSONValue.string($0.name) }
        let object: JSONValue = [
            "type": "object",
            "properties": .object(properties.map { .init(name: $0.name, value: $0.schema.json) }),
        ]
        return required.isEmpty ? object : object.adding("required", .array(required))
    }
}
