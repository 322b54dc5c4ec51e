/// The id of a batch: 1 to 64 letters, digits, dots, dashes or underscores.
public struct BatchID: Hashable, Sendable, CustomStringConvertible, Codable,
    ExpressibleByStringInterpolation
{
    /// The id as text.
    public let text: String

    /// Checks an id of your own. Opening a second batch with an id that is still known changes nothing.
    /// - Throws: `invalidArgument` if it does not have this form.
    public init(_ text: String) throws(SluiceError) {
        guard Self.isValid(text) else {
            throw SluiceError(
                .invalidArgument, "'\(text.prefix(80))' is no id of a batch: 1 to 64 letters, digits, '.', '-' or '_'")
        }
        self.text = text
    }

    /// Takes an id from code unchecked. The first call that uses a wrong one throws `invalidArgument`.
    public init(stringLiteral text: String) { self.text = text }

    /// Takes an id that is known to be valid.
    package init(known text: String) { self.text = text }

    /// Checks an id from code.
    /// - Throws: `invalidArgument` if it is not valid.
    package func validated() throws(SluiceError) -> BatchID { try BatchID(text) }

    /// Decodes the text and checks it.
    /// - Throws: `invalidArgument` if it is not a valid id.
    public init(from decoder: any Decoder) throws { try self.init(decoder.singleValueContainer().decode(String.self)) }

    /// Encodes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    private static func isValid(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// The id as text.
    public var description: String { text }
}
