/// The name of a queue: 1 to 64 letters, digits, dots, dashes or underscores.
public struct QueueName: Identifier {
    /// The name as text.
    public let text: String

    /// Checks a name from outside the program.
    /// - Throws: `invalidArgument` if it is empty, too long, or has a character that is not allowed.
    public init(_ text: String) throws(SluiceError) {
        guard isName(text) else {
            throw SluiceError(.invalidArgument, "'\(text.prefix(80))' is not a valid queue name: \(nameRule)")
        }
        self.text = text
    }

    /// Takes a name from code unchecked. The first call that uses a wrong one throws `invalidArgument`.
    public init(stringLiteral text: String) { self.text = text }
}

/// A prefix of every key, so that several users can share one Redis. The same rule as for queue names.
public struct Namespace: Hashable, Sendable, CustomStringConvertible {
    /// The namespace as text.
    public let text: String

    /// Checks a namespace.
    /// - Throws: `invalidArgument` if it is empty, too long, or has a character that is not allowed.
    public init(_ text: String) throws(SluiceError) {
        guard isName(text) else {
            throw SluiceError(.invalidArgument, "'\(text.prefix(80))' is not a valid namespace: \(nameRule)")
        }
        self.text = text
    }

    private init(known text: String) { self.text = text }

    /// The default namespace: `sluice`.
    public static let standard = Namespace(known: "sluice")

    /// The name as text.
    public var description: String { text }
}

/// Checks the name of `what`, such as a semaphore: the same rule as for queue names.
/// - Throws: `invalidArgument` if it is empty, too long, or has a character that is not allowed.
package func checkName(_ text: String, of what: String) throws(SluiceError) {
    guard isName(text) else {
        throw SluiceError(.invalidArgument, "'\(text.prefix(80))' is not a valid name of a \(what): \(nameRule)")
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
