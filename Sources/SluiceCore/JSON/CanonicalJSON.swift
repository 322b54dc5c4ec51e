/// One text for equal JSON: members sorted by name, no blanks, no needless escapes. Follows RFC 8785, except that numbers stay as
/// they are written. An encoder of Foundation with sorted keys would write numbers anew, and change those that no `Double` holds.
package enum CanonicalJSON {
    /// The canonical text of JSON that is known to be well-formed. With `fields`, only those members of an object.
    /// - Throws: `Malformed` if it is not well-formed after all.
    package static func text(_ json: [UInt8], fields: [String]? = nil) throws(JSONScanner.Malformed) -> [UInt8] {
        let result: Result<[UInt8], JSONScanner.Malformed> = json.withUnsafeBytes { bytes in
            var text: [UInt8] = []
            text.reserveCapacity(bytes.count)
            do throws(JSONScanner.Malformed) {
                let document = JSONScanner.trimmed(bytes)
                if let fields {
                    try appendObject(document, fields: Set(fields), to: &text)
                } else {
                    try append(document, to: &text)
                }
                return .success(text)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func append(_ value: UnsafeRawBufferPointer, to text: inout [UInt8]) throws(JSONScanner.Malformed) {
        switch value.first {
        case UInt8(ascii: "{"): try appendObject(value, fields: nil, to: &text)
        case UInt8(ascii: "["): try appendArray(value, to: &text)
        case UInt8(ascii: "\""): JSONText.append(try JSONText.string(value), to: &text)
        default: text.append(contentsOf: value)
        }
    }

    private static func appendObject(
        _ object: UnsafeRawBufferPointer, fields: Set<String>?, to text: inout [UInt8]
    ) throws(JSONScanner.Malformed) {
        var members: [(name: String, value: UnsafeRawBufferPointer)] = []
        var scanner = JSONScanner(object)
        try scanner.forEachMember { (name, value) throws(JSONScanner.Malformed) in
            if fields?.contains(name) ?? true { members.append((name, value)) }
        }
        members.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        text.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            JSONText.append(member.name, to: &text)
            text.append(UInt8(ascii: ":"))
            try append(member.value, to: &text)
        }
        text.append(UInt8(ascii: "}"))
    }

    private static func appendArray(_ array: UnsafeRawBufferPointer, to text: inout [UInt8]) throws(JSONScanner.Malformed) {
        var isFirst = true
        text.append(UInt8(ascii: "["))
        var scanner = JSONScanner(array)
        try scanner.forEachElement { element throws(JSONScanner.Malformed) in
            if !isFirst { text.append(UInt8(ascii: ",")) }
            isFirst = false
            try append(element, to: &text)
        }
        text.append(UInt8(ascii: "]"))
    }
}
