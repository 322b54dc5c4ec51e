/// An id or a name: text of one form. ``JobID``, ``BatchID``, ``WorkflowID`` and ``QueueName`` are identifiers.
///
/// A literal in code is taken unchecked, and the first call that uses a wrong one throws `invalidArgument`. Text from outside the
/// program goes through the initializer, which checks it.
public protocol Identifier: Hashable, Sendable, Comparable, CustomStringConvertible, Codable, ExpressibleByStringInterpolation {
    /// The text.
    var text: String { get }

    /// Checks text from outside the program.
    /// - Throws: `invalidArgument` if it does not have the form.
    init(_ text: String) throws(SluiceError)
}

extension Identifier {
    /// The text.
    public var description: String { text }

    /// Orders by text.
    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    /// Decodes the text and checks it.
    /// - Throws: `invalidArgument` if it does not have the form.
    public init(from decoder: any Decoder) throws { try self.init(decoder.singleValueContainer().decode(String.self)) }

    /// Encodes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// Checks a literal.
    /// - Throws: `invalidArgument` if it does not have the form.
    package func validated() throws(SluiceError) -> Self { try Self(text) }
}
