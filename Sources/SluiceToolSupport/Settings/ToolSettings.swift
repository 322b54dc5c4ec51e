package import ArgumentParser
import Foundation

/// The settings of a file, put between the words of the command line, where one parser reads both.
package struct ToolSettings: Sendable {
    /// The environment variables that go before settings.
    private static let variables = [
        "redis": "SLUICE_REDIS_URL", "redis-password-file": GlobalOptions.passwordFileVariable, "keys": KeysOptions.variable,
        "actor": "SLUICE_ACTOR",
    ]

    let path: String
    /// The settings that count.
    private(set) var used: [Setting]
    /// What is wrong with the file. Each names its line.
    let problems: [Failure]
    /// The names of the settings that are in the file and wrong.
    private(set) var wrong: Set<String>
    /// Whether the command line asks to try the settings.
    let isTrial: Bool
    /// The words of the command line.
    private var given: [String]
    /// Where the options of the command begin.
    private let start: Int
    /// Where those begin that all commands share.
    private let commonStart: Int
    private let sectionLine: Int

    /// Reads the file that the words or the environment name; nil if they name none, or call a command that does not use Redis.
    /// - Throws: ``Failure`` or ``Findings``; each names the file and, if there is one, a line. Where settings are tried, only for a
    ///   file that cannot be read.
    package init?(
        _ words: [String], of root: any ParsableCommand.Type, _ scope: SettingsScope,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        let named = environment[SettingsOptions.variable] ?? ""
        if named.isEmpty, !words.contains(where: { $0.hasPrefix("--config") }) { return nil }
        let definition = try CommandDefinition.of(root)
        let line = CommandWords(words, of: definition)
        let own = scope.command(of: definition, called: line)
        guard !line.isQuestion, let command = own ?? line.connecting else { return nil }
        path = line.config ?? named
        if path.isEmpty { return nil }
        (given, start, commonStart) = (words, line.start, own == nil ? 0 : line.start)
        isTrial = line.given.contains("check")
        let section = own == nil ? nil : scope.section
        let file = try SettingsFile(path, for: command, section: section, common: try Self.common())
        if !isTrial, !file.problems.isEmpty { throw Findings(errors: file.problems) }
        (wrong, sectionLine) = (file.wrong, file.sectionLine)
        let names = line.given.union(file.settings.filter { !$0.isCommon }.map(\.name))
        let replaced = scope.replaced.filter { names.contains($0.key) }.values.reduce(into: Set<String>()) { $0.formUnion($1) }
        let counting = file.settings.filter { setting in
            if setting.isCommon, replaced.contains(setting.name) { return false }
            if setting.isPositional { return !line.hasPositionals }
            let isSet = Self.variables[setting.name].map { environment[$0]?.isEmpty == false } ?? false
            return !line.given.contains(setting.name) && !isSet
        }
        let access = Self.access(line, environment, file.settings.filter { !$0.isCommon || !replaced.contains($0.name) })
        var problems = file.problems
        if let clash = access.clash, clash.source == Self.fileSource, let url = counting.first(where: { $0.name == "redis" }) {
            problems.append(Failure("\(path):\(url.line): \(clash.reason)", status: .usage))
            if !isTrial { throw Findings(errors: problems) }
        }
        self.problems = problems
        used = counting.compactMap { setting in
            var setting = setting
            if setting.name == "redis" { setting.value = access.url ?? setting.value }
            let isLeftOut = setting.name == "redis-password-file" && (access.fileSource != Self.fileSource || access.clash != nil)
            return isLeftOut && setting.value != "" ? nil : setting
        }
    }

    /// The place of the file among the sources of the password.
    private static let fileSource = 2

    private static func access(_ line: CommandWords, _ environment: [String: String], _ settings: [Setting]) -> RedisAccess {
        func variable(_ name: String) -> String? { variables[name].flatMap { environment[$0] }.flatMap { $0.isEmpty ? nil : $0 } }
        func setting(_ name: String) -> Setting? { settings.last { $0.name == name } }
        func place(_ name: String) -> String { "'\(name)'" + (setting(name).map { " in line \($0.line)" } ?? "") }
        return RedisAccess([
            RedisAccess.Source(
                url: line.value(of: "redis"), file: line.value(of: "redis-password-file"),
                names: ("--redis", "--redis-password-file")),
            RedisAccess.Source(
                url: variable("redis"), file: variable("redis-password-file"),
                names: ("$SLUICE_REDIS_URL", "$\(GlobalOptions.passwordFileVariable)")),
            RedisAccess.Source(
                url: setting("redis")?.value, file: setting("redis-password-file")?.value,
                names: (place("redis"), place("redis-password-file"))),
        ])
    }

    /// The words to parse.
    package var words: [String] {
        var all = given
        all.insert(contentsOf: used.filter { commonStart == start || $0.name == "keys" }.map(\.word), at: start)
        if commonStart != start { all.insert(contentsOf: used.filter { $0.name != "keys" }.map(\.word), at: commonStart) }
        return all
    }

    /// Leaves a setting out.
    mutating func drop(_ setting: Setting) {
        used.removeAll { $0 == setting }
        wrong.insert(setting.name)
    }

    /// Adds a word to those of the command line.
    mutating func add(_ word: String) { given.insert(word, at: start) }

    /// Whether a value is a URL with a password.
    package static func holdsPassword(_ value: String) -> Bool {
        value.contains(/:\/\/[^\/?#]*:[^\/?#]+@/) || value.contains(/[?&]sentinel-password=[^&#]/)
    }

    /// The names of the settings that all programs share.
    private static func common() throws -> Set<String> {
        let arguments = try [CommandDefinition.of(GlobalOptions.self), CommandDefinition.of(KeysOptions.self)]
        return Set(arguments.flatMap(\.argumentsByName.keys)).subtracting(["config", "help"])
    }

    /// The setting that a message is about; nil if it is about none. The message names an option, or quotes a value.
    func setting(of message: String) -> Setting? {
        for name in message.matches(of: /--([a-z][a-z\-]*)/).map({ String($0.1) }) {
            let named = used.filter { $0.name == name }
            let quoted = named.first { $0.value.map { !$0.isEmpty && message.contains($0) } ?? false }
            if let setting = quoted ?? named.first { return setting }
        }
        let quoted = message.matches(of: /'([^']+)'/).map { String($0.1) }
        let whole = used.first { setting in setting.value.map { quoted.contains($0) } ?? false }
        // Such as the program of a command.
        return whole ?? used.first { setting in quoted.contains { $0.count > 3 && setting.value?.contains($0) == true } }
    }

    /// The file and line that a message is about; nil if it is about none, or names them itself.
    package func place(of message: String) -> String? {
        if message.hasPrefix("\(path):") { return nil }
        if let setting = setting(of: message) { return "\(path):\(setting.line)" }
        // What is not there belongs into the section.
        return message.lowercased().contains(Self.missing) ? "\(path):\(sectionLine)" : nil
    }

    /// What the parser says of a required argument that is not given.
    static let missing = "missing expected argument"
}
