import ArgumentParser
import SluiceToolSupport

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "List jobs, show one, explain why it waits, change jobs.",
        subcommands: [
            JobsListCommand.self, JobsShowCommand.self, JobsExplainCommand.self, JobsRetryCommand.self, JobsCancelCommand.self,
            JobsDeleteCommand.self, JobsRescheduleCommand.self, JobsPurgeCommand.self, JobsErrorsCommand.self,
        ],
        defaultSubcommand: JobsListCommand.self)

    @OptionGroup var global: GlobalOptions
}
