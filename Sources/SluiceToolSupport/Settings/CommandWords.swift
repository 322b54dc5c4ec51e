/// What a command line gives, as far as it has to be known before it is parsed.
struct CommandWords {
    /// Options that print something and end.
    private static let questions: Set = [
        "help", "h", "help-hidden", "version", "generate-completion-script", "experimental-dump-help",
    ]

    /// The names of its options, without dashes.
    private(set) var given: Set<String> = []
    /// Whether there are arguments that are no values of options.
    private(set) var hasPositionals = false
    /// The subcommand that is named.
    private(set) var command: String?
    /// Where the options of the subcommand begin.
    private(set) var start = 0
    /// The value of `--config`.
    private(set) var config: String?

    init(_ words: [String], of root: CommandDefinition) {
        var arguments = root.argumentsByName
        if let name = root.defaultSubcommand, let first = root.subcommand(name) {
            arguments.merge(first.argumentsByName) { own, _ in own }
        }
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
                given.insert(name)
                var value = parts.count > 1 ? String(parts[1]) : nil
                if value == nil, arguments[name]?.kind == .option, index < words.count {
                    value = words[index]
                    index += 1
                }
                if name == "config" { config = value }
            } else if word.hasPrefix("-"), word.count > 1 {
                given.insert(String(word.dropFirst()))
            } else if command == nil, !hasPositionals, let chosen = root.subcommand(word) {
                command = word
                start = index
                arguments.merge(chosen.argumentsByName) { own, _ in own }
            } else {
                hasPositionals = true
            }
        }
    }

    /// Whether help or the like is asked for, which needs no settings.
    var isQuestion: Bool { !given.isDisjoint(with: Self.questions) }
}
