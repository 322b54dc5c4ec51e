import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Create, list and revoke the access tokens of the HTTP API.",
        discussion: "A token belongs to the namespace. Redis has a digest of its secret, not the secret.",
        subcommands: [TokenListCommand.self, TokenCreateCommand.self, TokenRevokeCommand.self],
        defaultSubcommand: TokenListCommand.self)

    @OptionGroup var global: GlobalOptions
}

struct TokenCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a token, and print its secret, this once.",
        discussion: """
            A viewer looks; an operator also changes jobs, queues, limits, cron entries and workflows; an admin also changes \
            access. For example:
              sluice token create ci --role operator --queue builds --expires 90d
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "A label: 1 to 64 letters, digits, dots, dashes or underscores.")
    var name: String

    @Option(
        help: "What its owner may do: viewer, operator or admin.", completion: .list(Role.allCases.map(\.rawValue)),
        transform: { text in
            guard let role = Role(rawValue: text) else {
                throw ValidationError("'\(text.prefix(40))' is no role: write viewer, operator or admin")
            }
            return role
        })
    var role: Role

    @Option(
        help: "A queue that it is for; may be repeated. Default: all.", completion: QueueNames.completion,
        transform: { try QueueName($0) })
    var queue: [QueueName] = []

    @Option(help: "A kind of jobs that it is for; may be repeated. Default: all.")
    var kind: [String] = []

    @Option(
        help: ArgumentHelp("The time after which it is refused, such as 90d. Default: never.", valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var expires: Duration?

    func run() async throws {
        try await global.withInspector { inspector in
            let (token, secret) = try await inspector.createToken(
                name, role: role, queues: queue, kinds: kind, expires: expires)
            if global.json {
                return try Terminal.output.json(token.json(at: token.created).adding("secret", .string(secret)))
            }
            // The secret alone goes to standard output, so that a script can take it.
            try Terminal.output.line(secret)
            let end = token.expires.map { " until \($0.rfc3339)" } ?? ""
            Terminal.complain("token \(token.id) for \(TokenText.scope(token))\(end): keep its secret, which is not shown again")
        }
    }
}

struct TokenListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the tokens, the oldest first, without their secrets.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await global.withInspector { inspector in
            let (tokens, time) = try await inspector.tokens()
            try global.show(tokens, orSay: "there are no tokens", json: { $0.json(at: time) }) { tokens in
                TokenText.table(tokens, at: time)
            }
        }
    }
}

struct TokenRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke a token at once. Exit status 1 if there is none with this id.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The id of the token, as `token list` shows it.")
    var id: String

    func run() async throws {
        try await global.withInspector { inspector in
            guard let token = try await inspector.revokeToken(id) else {
                throw Failure("there is no token '\(HumanText.cut(id, to: 40))'. See: sluice token list")
            }
            if global.json {
                try Terminal.output.json(["id": .string(token.id), "name": .string(token.name), "revoked": true])
            } else {
                try Terminal.output.line("revoked \(token.id) (\(token.name))")
            }
        }
    }
}
