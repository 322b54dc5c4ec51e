import ArgumentParser
import Foundation

/// The options of a command, as its parser defines them: one set of names for the command line and for files of settings.
struct CommandDefinition: Decodable, Sendable {
    struct Argument: Decodable, Sendable {
        enum Kind: String, Decodable, Sendable {
            case positional, option, flag
        }

        struct Name: Decodable, Sendable {
            var kind: String
            var name: String
        }

        var kind: Kind
        var isRepeating: Bool
        var names: [Name]?
        var valueName: String?
        /// How it takes the words that follow.
        var parsingStrategy: String?

        /// The long name without its dashes, or that of the value where there is no option to write.
        var name: String? { kind == .positional ? valueName : names?.first { $0.kind == "long" }?.name }
    }

    private struct Dump: Decodable {
        var command: CommandDefinition
    }

    var commandName: String
    var defaultSubcommand: String?
    var subcommands: [CommandDefinition]?
    var arguments: [Argument]?

    /// Asks the parser.
    static func of(_ type: any ParsableArguments.Type) throws -> CommandDefinition {
        try JSONDecoder().decode(Dump.self, from: Data(type._dumpHelp().utf8)).command
    }

    func subcommand(_ name: String) -> CommandDefinition? { subcommands?.first { $0.commandName == name } }

    /// Whether it hands the words that it does not know to another program.
    var passesOn: Bool { arguments?.contains { $0.kind == .positional && $0.parsingStrategy == "allRemainingInput" } ?? false }

    /// The arguments by name, with those of the default subcommand.
    var withDefault: [String: Argument] {
        let chosen = defaultSubcommand.flatMap { subcommand($0) }?.argumentsByName ?? [:]
        return argumentsByName.merging(chosen) { own, _ in own }
    }

    /// The options that take a value, and the flags and arguments, by name.
    var argumentsByName: [String: Argument] {
        Dictionary((arguments ?? []).compactMap { argument in argument.name.map { ($0, argument) } }) { first, _ in first }
    }
}
