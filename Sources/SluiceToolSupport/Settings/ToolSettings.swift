package import ArgumentParser
import Foundation

/// The settings of a file, put between the words of the command line, where one parser reads both.
package struct ToolSettings: Sendable {
    /// The environment variables that go before settings.
    private static let variables = [
        "redis": "SLUICE_REDIS_URL", "redis-password-file": GlobalOptions.passwordFileVariable, "keys": KeysOptions.variable,
        "actor": "SLUICE_ACTOR",
    ]

    /// The words to parse.
    package let words: [String]
    private let path: String
    /// The settings that count.
    private let used: [Setting]

    /// Reads the file that the words or the environment name; nil if they name none, or call a command without settings.
    /// - Throws: ``Failure`` or ``Findings``; each names the file and a line.
    package init?(
        _ words: [String], of root: any ParsableCommand.Type, _ scope: SettingsScope,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        let named = environment[SettingsOptions.variable] ?? ""
        if named.isEmpty, !words.contains(where: { $0.hasPrefix("--config") }) { return nil }
        let definition = try CommandDefinition.of(root)
        let line = CommandWords(words, of: definition)
        guard !line.isQuestion, let command = scope.command(of: definition, called: line) else { return nil }
        path = line.config ?? named
        if path.isEmpty { return nil }
        let file = try SettingsFile(path, for: command, section: scope.section, common: try Self.common())
        let names = line.given.union(file.settings.filter { !$0.isCommon }.map(\.name))
        let replaced = scope.replaced.filter { names.contains($0.key) }.values.reduce(into: Set<String>()) { $0.formUnion($1) }
        let used = file.settings.filter { setting in
            if setting.isCommon, replaced.contains(setting.name) { return false }
            if setting.isPositional { return !line.hasPositionals }
            let isSet = Self.variables[setting.name].map { environment[$0]?.isEmpty == false } ?? false
            return !line.given.contains(setting.name) && !isSet
        }
        self.used = used
        var all = words
        all.insert(contentsOf: used.map(\.word), at: line.start)
        self.words = all
    }

    /// Whether a value is a URL with a password.
    package static func holdsPassword(_ value: String) -> Bool { value.contains(/:\/\/[^\/?#]*:[^\/?#]+@/) }

    /// The names of the settings that all programs share.
    private static func common() throws -> Set<String> {
        let arguments = try [CommandDefinition.of(GlobalOptions.self), CommandDefinition.of(KeysOptions.self)]
        return Set(arguments.flatMap(\.argumentsByName.keys)).subtracting(["help"])
    }

    /// The file and line of the setting that a message is about; nil if it is about none. The message names an option, or quotes a
    /// value.
    package func place(of message: String) -> String? {
        for name in message.matches(of: /--([a-z][a-z\-]*)/).map({ String($0.1) }) {
            let named = used.filter { $0.name == name }
            let quoted = named.first { $0.value.map { !$0.isEmpty && message.contains($0) } ?? false }
            if let setting = quoted ?? named.first { return "\(path):\(setting.line)" }
        }
        let quoted = message.matches(of: /'([^']+)'/).map { String($0.1) }
        let whole = used.first { setting in setting.value.map { quoted.contains($0) } ?? false }
        // Such as the program of a command.
        let part = used.first { setting in quoted.contains { $0.count > 3 && setting.value?.contains($0) == true } }
        return (whole ?? part).map { "\(path):\($0.line)" }
    }
}
