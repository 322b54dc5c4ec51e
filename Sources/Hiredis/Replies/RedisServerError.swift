/// An error reply, split by Redis' convention into a code in capitals and a text for people.
package struct RedisServerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The first word of the reply, such as `ERR`, `WRONGTYPE` or `FENCED`.
    package let code: String
    /// The text after the first word; empty if there is none.
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

    /// Whether it means that the server is a replica, so that another one may be the primary. The command was not executed.
    ///
    /// A blocked client hears `UNBLOCKED` when its server is demoted.
    package var isDemotion: Bool { ["READONLY", "MASTERDOWN", "UNBLOCKED"].contains(code) }

    package var description: String { message.isEmpty ? code : "\(code) \(message)" }
}
