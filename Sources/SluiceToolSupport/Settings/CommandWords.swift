/// What a command line gives, as far as it has to be known before it is parsed.
struct CommandWords {
    /// Options that print something and end.
    private static let questions: Set = [
        "help", "h", "help-hidden", "version", "generate-completion-script", "experimental-dump-help",
    ]

    private static let kept: Set = ["config", "redis", "redis-password-file"]

    /// The names of its options, without dashes.
    private(set) var given: Set<String> = []
    /// Whether there are arguments that are no values of options.
    private(set) var hasPositionals = false
    /// The first subcommand that is named.
    private(set) var command: String?
    /// The innermost command that is named.
    private(set) var innermost: CommandDefinition
    /// Where the options of the innermost command begin.
    private(set) var start = 0
    /// The last values of the options that are needed before the command line is parsed.
    private var values: [String: String] = [:]

    /// The value of `--config`.
    var config: String? { values["config"] }
    /// The value of an option among `config`, `redis` and `redis-password-file`.
    func value(of name: String) -> String? { values[name] }

    init(_ words: [String], of root: CommandDefinition) {
        innermost = root
        var arguments = root.withDefault
        var index = 0
        while index < words.count {
            let word = words[index]
            index += 1
            if word == "--" {
                hasPositionals = hasPositionals || index < words.count
                return
            } else if word.hasPrefix("--") {
                let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let name = String(parts[0])
                if innermost.passesOn, arguments[name] == nil { return }
                given.insert(name)
                var value = parts.count > 1 ? String(parts[1]) : nil
                if value == nil, arguments[name]?.kind == .option, index < words.count {
                    value = words[index]
                    index += 1
                }
                if Self.kept.contains(name) { values[name] = value }
            } else if word.hasPrefix("-"), word.count > 1 {
                if innermost.passesOn { return }
                given.insert(String(word.dropFirst()))
            } else if !hasPositionals, let chosen = innermost.subcommand(word) {
                command = command ?? word
                start = index
                innermost = chosen
                arguments.merge(chosen.withDefault) { own, _ in own }
            } else {
                if innermost.passesOn { return }
                hasPositionals = true
            }
        }
    }

    /// The innermost command, if it uses Redis; nil if it is none to run.
    var connecting: CommandDefinition? {
        let isGroup = innermost.defaultSubcommand == nil && innermost.subcommands?.isEmpty == false
        return isGroup || innermost.withDefault["redis"] == nil ? nil : innermost
    }

    /// Whether help or the like is asked for, which needs no settings.
    var isQuestion: Bool { !given.isDisjoint(with: Self.questions) }
}
