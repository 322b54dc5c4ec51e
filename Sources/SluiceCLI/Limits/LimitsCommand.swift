import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct LimitsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits", abstract: "Show the limits of queues and the jobs they hold back; override one for a while.",
        discussion: """
            Limits are declared by the code of workers, or by `sluice worker --limit`. What an operator sets comes before, outlives \
            deployments, and ends by `limits clear` or by itself.
            """,
        subcommands: [LimitsListCommand.self, LimitsSetCommand.self, LimitsClearCommand.self],
        defaultSubcommand: LimitsListCommand.self)

    @OptionGroup var global: GlobalOptions
}

struct LimitsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show limits, overrides, and the gates where jobs are held.",
        discussion: """
            A gate is a limit applied to one value, such as account=42, or to a dependency; * is the whole queue. RUNNING shows \
            the places that are held, of those there are; RATE the jobs started within the period, of those that may; NEXT when \
            the next may start.
            """)

    @OptionGroup var global: GlobalOptions

    @OptionGroup var scope: ScopeArgument

    @Option(help: ArgumentHelp("One gate only, such as account=42 or tmdb. Needs a queue.", valueName: "gate"))
    var gate: String?

    func validate() throws {
        if gate != nil, scope.queue == nil { throw ValidationError("--gate needs a queue") }
    }

    func run() async throws {
        try await global.withInspector { inspector in
            let gate = try gate.map { try GateText.encoded($0) }
            let limits: [QueueLimits]
            if let queue = try await scope.used(inspector) {
                limits = [try await inspector.limits(of: queue, gate: gate)]
            } else {
                limits = try await inspector.limits().filter { !LimitsText.isEmpty($0) }
            }
            let terminal = Terminal.output
            if global.json {
                try terminal.json(.array(limits.map(\.json)))
            } else if limits.isEmpty {
                Terminal.complain("no queue has limits")
            } else {
                try terminal.lines(LimitsText.lines(limits, width: terminal.width, style: terminal.style))
            }
        }
    }
}
