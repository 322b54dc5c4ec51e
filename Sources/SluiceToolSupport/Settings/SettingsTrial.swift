import ArgumentParser

/// Tries the settings of a file, and finds all that is wrong in one run: in the file itself, in what options refuse, and in what the
/// command finds when it tries them.
///
/// The parser tells one mistake at a time. So a setting that it refuses is left out, and the parser is asked again.
struct SettingsTrial {
    /// Words in place of required ones that are missing, so that the rest can be tried.
    private var standIns = ["exec": "--exec=true", "queues": "sluice"]
    private var settings: ToolSettings
    private var errors: [any Error]

    private init(_ settings: ToolSettings) {
        self.settings = settings
        errors = settings.problems
    }

    /// Parses and runs the command.
    /// - Throws: ``Findings`` that name their places, in the order of lines.
    static func run(_ root: any ParsableCommand.Type, _ settings: ToolSettings) async throws {
        var trial = SettingsTrial(settings)
        if let command = trial.parsed(root) { await trial.run(command, root) }
        if trial.errors.isEmpty { return }
        throw Findings(errors: trial.sorted)
    }

    private mutating func run(_ command: any ParsableCommand, _ root: any ParsableCommand.Type) async {
        guard var command = command as? any AsyncParsableCommand else { return }
        do {
            try await SettingsCheck.$isSilent.withValue(!errors.isEmpty) { try await command.run() }
        } catch {
            for one in (error as? Findings)?.errors ?? [error] { note(one, root) }
        }
    }

    /// The command, without the settings that it refuses; nil if it refuses something else.
    private mutating func parsed(_ root: any ParsableCommand.Type) -> (any ParsableCommand)? {
        while true {
            do {
                return try root.parseAsRoot(settings.words)
            } catch {
                let message = Ending(error, of: root).message
                if let name = Self.missing(message) {
                    // A setting that is wrong was told before.
                    if !settings.wrong.contains(name) { note(error, root) }
                    guard let word = standIns.removeValue(forKey: name) else { return nil }
                    settings.add(word)
                } else {
                    note(error, root)
                    guard let setting = settings.setting(of: message) else { return nil }
                    settings.drop(setting)
                }
            }
        }
    }

    /// The required argument that a message of the parser misses.
    private static func missing(_ message: String) -> String? {
        guard message.hasPrefix(ToolSettings.missing), let match = message.firstMatch(of: /--([a-z\-]+)|<([a-z\-]+)>/) else {
            return nil
        }
        return (match.1 ?? match.2).map(String.init)
    }

    private mutating func note(_ error: any Error, _ root: any ParsableCommand.Type) {
        let ending = Ending(error, of: root)
        let place = settings.place(of: ending.message).map { "\($0): " } ?? ""
        errors.append(Failure(place + ending.message, status: ExitStatus(rawValue: ending.status) ?? .failed))
    }

    /// The errors by line; last those of no line.
    private var sorted: [any Error] {
        func line(_ error: any Error) -> Int {
            guard let message = (error as? Failure)?.message, message.hasPrefix("\(settings.path):") else { return .max }
            return Int(message.dropFirst(settings.path.count + 1).prefix { $0 != ":" }) ?? .max
        }
        return errors.enumerated().sorted { (line($0.element), $0.offset) < (line($1.element), $1.offset) }.map(\.element)
    }
}
