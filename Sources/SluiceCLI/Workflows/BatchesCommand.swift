import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

struct BatchesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batches", abstract: "List batches, and show one.",
        subcommands: [BatchesListCommand.self, BatchesShowCommand.self], defaultSubcommand: BatchesListCommand.self)

    @OptionGroup var global: GlobalOptions
}

struct BatchesListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the batches that are kept, the newest first.")

    @OptionGroup var global: GlobalOptions

    @OptionGroup var listing: ListingOptions<BatchStatus.State>

    func run() async throws {
        try await global.withInspector { inspector in
            try global.show(
                try await inspector.batches(state: listing.state, limit: listing.limit), orSay: "there are no batches",
                json: \.json, table: BatchText.table)
        }
    }
}

struct BatchesShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a batch, its callbacks, and members that it waits for. Exit status 1 if there is none.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The id of the batch.", transform: { try BatchID($0) })
    var id: BatchID

    @Option(help: "The number of waiting members to name at most.")
    var limit = 20

    func validate() throws {
        if limit < 1 || limit > 1000 { throw ValidationError("--limit is 1 to 1000") }
    }

    func run() async throws {
        try await global.withInspector { inspector in
            guard let details = try await inspector.batch(id, members: limit) else {
                throw Failure("there is no batch '\(id)', or it finished more than a day ago")
            }
            if global.json {
                try Terminal.output.json(details.json)
            } else {
                let terminal = Terminal.output
                try terminal.lines(BatchText.card(details, width: terminal.width, style: terminal.style))
            }
        }
    }
}
