import ArgumentParser
import Sluice
import SluiceCore
import SluiceToolSupport

struct BatchesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batches", abstract: "List batches, and look at one.",
        subcommands: [BatchesListCommand.self, BatchesShowCommand.self], defaultSubcommand: BatchesListCommand.self)

    @OptionGroup var global: GlobalOptions
}

struct BatchesListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the batches that are kept, the newest first.")

    @OptionGroup var global: GlobalOptions

    @OptionGroup var listing: ListingOptions<BatchStatus.State>

    func run() async throws {
        try await global.withClient { client in
            try global.show(
                try await client.batchStatuses(state: listing.state, most: listing.limit), orSay: "no batch is there",
                json: BatchText.json, table: BatchText.table)
        }
    }
}

struct BatchesShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a batch, what it tells, and for whom it waits. Exit status 1 if there is none.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Its id.", transform: { try BatchID($0) })
    var id: BatchID

    @Option(help: "The most waiting members that are named.")
    var limit = 20

    func validate() throws {
        if limit < 1 || limit > 1000 { throw ValidationError("--limit is 1 to 1000") }
    }

    func run() async throws {
        try await global.withClient { client in
            guard let details = try await client.batch(id).details(members: limit) else {
                throw Failure("there is no batch '\(id)', or it finished more than a day ago")
            }
            if global.json {
                try Terminal.output.json(BatchText.json(details))
            } else {
                let terminal = Terminal.output
                try terminal.lines(BatchText.card(details, width: terminal.width, style: terminal.style))
            }
        }
    }
}
