/// The values of a query or of a form, by name. A name may have several values.
struct Form: Sendable, Hashable {
    /// The most values of one form.
    private static let most = 2000

    private(set) var fields: [(name: String, value: String)] = []

    init() {}

    /// Reads `application/x-www-form-urlencoded`. What is not valid UTF-8 is replaced.
    init(_ text: some StringProtocol) {
        for pair in text.split(separator: "&", maxSplits: Self.most).prefix(Self.most) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields.append((Self.decoded(String(parts[0])), parts.count > 1 ? Self.decoded(String(parts[1])) : ""))
        }
    }

    /// The first value with this name, unless it is empty.
    subscript(name: String) -> String? { fields.first { $0.name == name && !$0.value.isEmpty }?.value }

    /// All values with this name that are not empty.
    func all(_ name: String) -> [String] { fields.filter { $0.name == name && !$0.value.isEmpty }.map(\.value) }

    static func == (left: Form, right: Form) -> Bool { left.fields.elementsEqual(right.fields) { $0 == $1 } }

    func hash(into hasher: inout Hasher) {
        for field in fields {
            hasher.combine(field.name)
            hasher.combine(field.value)
        }
    }

    static func decoded(_ text: String, plusIsSpace: Bool = true) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let digits = rest.prefix(2)
                if digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                    let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
                {
                    bytes.append(value)
                    rest = rest.dropFirst(2)
                } else {
                    bytes.append(byte)
                }
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
