/// Name of a queue: 1 to 64 letters, digits, dots, dashes or underscores.
public struct QueueName: Hashable, Sendable, Comparable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The name as text.
    public let text: String

    /// Checks a name that comes from outside.
    /// - Throws: `invalidArgument` if it has a character that is not allowed, or too many.
    public init(_ text: String) throws(SluiceError) {
        guard isName(text) else {
            throw SluiceError(.invalidArgument, "'\(text.prefix(80))' is no queue name: \(nameRule)")
        }
        self.text = text
    }

    /// Takes a name written in code. A wrong one is refused by the first call that uses it.
    public init(stringLiteral text: String) { self.text = text }

    /// Checks a name that was written in code.
    package func validated() throws(SluiceError) -> QueueName { try QueueName(text) }

    /// The same text.
    public var description: String { text }

    /// Orders by text.
    public static func < (left: QueueName, right: QueueName) -> Bool { left.text < right.text }
}

/// What keeps several users of one Redis apart: the first part of every key. The same rule as for queue names.
public struct Namespace: Hashable, Sendable, CustomStringConvertible {
    /// The namespace as text.
    public let text: String

    /// Checks a namespace.
    /// - Throws: `invalidArgument` if it has a character that is not allowed, or too many.
    public init(_ text: String) throws(SluiceError) {
        guard isName(text) else {
            throw SluiceError(.invalidArgument, "'\(text.prefix(80))' is no namespace: \(nameRule)")
        }
        self.text = text
    }

    private init(known text: String) { self.text = text }

    /// The namespace of whoever does not choose one: `sluice`.
    public static let standard = Namespace(known: "sluice")

    /// The same text.
    public var description: String { text }
}

/// Checks the name of `what`, such as a semaphore: the same rule as for queue names.
/// - Throws: `invalidArgument` if it has a character that is not allowed, or too many.
package func checkName(_ text: String, of what: String) throws(SluiceError) {
    guard isName(text) else {
        throw SluiceError(.invalidArgument, "'\(text.prefix(80))' is no name of a \(what): \(nameRule)")
    }
}

private let nameRule = "use 1 to 64 letters, digits, dots, dashes or underscores"

private func isName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
        && text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
}
