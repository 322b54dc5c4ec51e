/// The id of a batch: 1 to 64 letters, digits, dots, dashes or underscores.
public struct BatchID: Identifier {
    /// The id as text.
    public let text: String

    /// Checks an id of your own. Opening a second batch with an id that is still known changes nothing.
    /// - Throws: `invalidArgument` if it does not have this form.
    public init(_ text: String) throws(SluiceError) {
        try checkName(text, of: "batch")
        self.text = text
    }

    /// Takes an id from code unchecked. The first call that uses a wrong one throws `invalidArgument`.
    public init(stringLiteral text: String) { self.text = text }

    /// Takes an id that is known to be valid.
    package init(known text: String) { self.text = text }
}
