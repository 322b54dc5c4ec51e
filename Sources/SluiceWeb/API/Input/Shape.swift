import SluiceCore

/// The members that an object in a body may have: how each is read, and what the description of the API says of it.
struct Shape<Draft>: Sendable {
    /// One member.
    struct Field: Sendable {
        var name: String
        var schema: Schema
        var isRequired = false
        var read: @Sendable (JSONInput, inout Draft) throws -> Void
    }

    private let fields: [Field]
    private let byName: [String: Field]
    private let required: [String]

    init(_ fields: [Field]) {
        self.fields = fields
        byName = Dictionary(fields.map { ($0.name, $0) }) { first, _ in first }
        required = fields.filter(\.isRequired).map(\.name)
    }

    /// Reads an object.
    /// - Throws: ``Invalid`` for a member that is not known, has another type, or is missing.
    func read(_ input: JSONInput, into draft: inout Draft) throws {
        var missing = required
        try input.forEachMember { name, value in
            guard let field = byName[name] else {
                throw Invalid("there is no such member; there are \(fields.map(\.name).joined(separator: ", "))")
            }
            missing.removeAll { $0 == name }
            try field.read(value, &draft)
        }
        if let name = missing.first { throw Invalid("'\(name)' is missing") }
    }

    var schema: Schema {
        .closed(fields.map { $0.isRequired ? .required($0.name, $0.schema) : .optional($0.name, $0.schema) })
    }
}

extension Shape.Field {
    static func required(
        _ name: String, _ schema: Schema, _ read: @escaping @Sendable (JSONInput, inout Draft) throws -> Void
    ) -> Self {
        Self(name: name, schema: schema, isRequired: true, read: read)
    }

    static func optional(
        _ name: String, _ schema: Schema, _ read: @escaping @Sendable (JSONInput, inout Draft) throws -> Void
    ) -> Self {
        Self(name: name, schema: schema, read: read)
    }
}
