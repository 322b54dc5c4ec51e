/// Which settings of a file are those of a program.
package struct SettingsScope: Sendable {
    package static let worker = SettingsScope(section: "worker", command: "worker")
    /// A server that shows sites is told with each where its Redis is.
    package static let server = SettingsScope(
        section: "server", command: "serve", replaced: ["site": ["redis", "redis-password-file", "namespace"]])
    package static let webhooks = SettingsScope(section: "webhooks", command: nil)

    /// The sections that a file may have.
    static let sections: Set = [worker.section, server.section, webhooks.section]

    /// The common settings of commands without a section: how to reach Redis, and what to read there.
    static let shared: Set = ["redis", "redis-password-file", "namespace", "keys"]

    /// The program's section.
    let section: String
    /// The subcommand that takes the settings; nil if there are none.
    let command: String?
    /// Common settings that do not count beside an option of the program.
    var replaced: [String: Set<String>] = [:]

    /// The command that takes the settings of the section; nil if the command line calls another one.
    func command(of root: CommandDefinition, called words: CommandWords) -> CommandDefinition? {
        guard let command else { return words.command == nil ? root : nil }
        return (words.command ?? root.defaultSubcommand) == command ? root.subcommand(command) : nil
    }
}
