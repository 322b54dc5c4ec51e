/// A setting of a file. A list has one for each of its items.
struct Setting: Sendable, Hashable {
    var name: String
    /// Nil for a flag.
    var value: String?
    var line: Int
    /// Whether it is an argument without a name on the command line, such as a queue.
    var isPositional = false
    /// Whether it is for all programs.
    var isCommon = false

    /// As the command line has it.
    var word: String {
        guard let value else { return "--\(name)" }
        return isPositional ? value : "--\(name)=\(value)"
    }

    /// Whether it is a URL with a password.
    var holdsPassword: Bool { value.map(ToolSettings.holdsPassword) ?? false }
}

/// Several things that are wrong. Each is told on a line of its own.
package struct Findings: Error {
    package var errors: [any Error]
}
