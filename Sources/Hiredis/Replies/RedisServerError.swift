/// An error reply, split where Redis splits it by convention: a code in capitals, then text for people.
package struct RedisServerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The first word of the reply, such as `ERR`, `WRONGTYPE` or `FENCED`.
    package let code: String
    /// What follows the first word; empty when there is no more.
    package let message: String

    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    /// Splits the text of an error reply at its first space.
    package init(reply text: String) {
        let words = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        code = words.first.map(String.init) ?? ""
        message = words.count > 1 ? String(words[1]) : ""
    }

    package var description: String { message.isEmpty ? code : "\(code) \(message)" }
}
