/// The id of a workflow: 1 to 64 letters, digits, dots, dashes or underscores.
public struct WorkflowID: Hashable, Sendable, Comparable, CustomStringConvertible, Codable,
    ExpressibleByStringInterpolation
{
    /// The id as text.
    public let text: String

    /// Checks an id of your own. Enqueueing a second workflow with an id that is still kept adds nothing.
    /// - Throws: `invalidArgument` if it does not have this form.
    public init(_ text: String) throws(SluiceError) {
        try checkName(text, of: "workflow")
        self.text = text
    }

    /// Takes an id from code unchecked. The first call that uses a wrong one throws `invalidArgument`.
    public init(stringLiteral text: String) { self.text = text }

    /// Takes an id that is known to be valid.
    package init(known text: String) { self.text = text }

    /// Checks an id from code.
    /// - Throws: `invalidArgument` if it is not valid.
    package func validated() throws(SluiceError) -> WorkflowID { try WorkflowID(text) }

    /// Decodes the text and checks it.
    /// - Throws: `invalidArgument` if it is not a valid id.
    public init(from decoder: any Decoder) throws { try self.init(decoder.singleValueContainer().decode(String.self)) }

    /// Encodes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// The id as text.
    public var description: String { text }

    /// Orders by text.
    public static func < (left: WorkflowID, right: WorkflowID) -> Bool { left.text < right.text }
}
