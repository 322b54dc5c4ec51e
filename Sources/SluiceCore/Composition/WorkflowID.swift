/// The id of a workflow: 1 to 64 letters, digits, dots, dashes or underscores.
public struct WorkflowID: Identifier {
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
}
