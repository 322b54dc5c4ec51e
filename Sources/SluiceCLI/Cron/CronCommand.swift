import ArgumentParser
import Sluice
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct CronCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cron", abstract: "List and change recurring jobs; try a schedule.",
        discussion: """
            Entries belong to a queue; workers of the queue fire them, each tick once. If two queues have an entry of one name, \
            --queue chooses one.
            """,
        subcommands: [
            CronListCommand.self, CronAddCommand.self, CronRemoveCommand.self, CronPauseCommand.self, CronResumeCommand.self,
            CronRunCommand.self, CronHistoryCommand.self, CronNextCommand.self,
        ],
        defaultSubcommand: CronListCommand.self)

    @OptionGroup var global: GlobalOptions
}

/// One entry by name, and its queue.
struct CronName: ParsableArguments {
    @Argument(help: "The name of an entry.", transform: { try checked($0) })
    var name: String

    @Option(
        help: "The queue of the entry. Needed if two queues have an entry of this name.", completion: QueueNames.completion,
        transform: { try QueueName($0) })
    var queue: QueueName?

    private static func checked(_ name: String) throws(SluiceError) -> String {
        try checkName(name, of: "cron entry")
        return name
    }

    /// Finds the one crontab with the entry and passes it to `body`, with an inspector that records changes.
    func withCrontab(_ global: GlobalOptions, _ body: (Crontab, Inspector) async throws -> Void) async throws {
        try await global.withClient { client in
            let inspector = global.inspector(client.store)
            try await body(client.crontab(of: try await place(inspector)), inspector)
        }
    }

    /// The one queue with the entry.
    func place(_ inspector: Inspector) async throws -> QueueName {
        if let queue {
            guard try await inspector.hasCron(name, in: queue) else {
                throw Failure("queue \(queue) has no cron entry '\(name)'. See: sluice cron list")
            }
            return queue
        }
        let queues = try await inspector.queues()
        let name = name
        let have = try await InOrder.map(queues) { queue throws(SluiceError) in try await inspector.hasCron(name, in: queue) }
        let found = zip(queues, have).filter(\.1).map(\.0)
        guard let first = found.first else { throw Failure("no queue has a cron entry '\(name)'. See: sluice cron list") }
        if found.count > 1 {
            let names = found.map(\.text).joined(separator: ", ")
            throw Failure("queues \(names) have a cron entry '\(name)' each: say which with --queue", status: .usage)
        }
        return first
    }
}

struct CronListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show recurring jobs, their next tick, and the outcome of the last one.",
        discussion: """
            NEXT is in the zone of the entry. --json also prints the arguments: encrypted ones only with their key (--keys), \
            redacted fields never.
            """)

    @OptionGroup var global: GlobalOptions

    @OptionGroup var scope: ScopeOption

    @OptionGroup var keys: KeysOptions

    func run() async throws {
        try await global.withInspector(keys: try keys.load()) { inspector in
            let queues = try await scope.queues(inspector)
            let entries = try await InOrder.map(queues) { queue throws(SluiceError) in try await inspector.cron(of: queue) }
            try global.show(
                entries.flatMap { $0 }, orSay: "there are no cron entries\(scope.queue.map { " in \($0)" } ?? "")", json: \.json,
                table: CronText.table)
        }
    }
}

struct CronHistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show the outcomes of the last ticks of an entry, the newest first.",
        discussion: "Redis keeps the last hundred.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var entry: CronName

    @Option(help: "The number of ticks to show at most.")
    var limit = 20

    func validate() throws {
        if !(1...100).contains(limit) { throw ValidationError("--limit is 1 to 100") }
    }

    func run() async throws {
        try await global.withInspector { inspector in
            let queue = try await entry.place(inspector)
            let ticks = try await inspector.cronHistory(of: entry.name, in: queue, limit: limit) ?? []
            try global.show(ticks, orSay: "'\(entry.name)' has not had a tick yet", json: \.json, table: CronText.table)
        }
    }
}
