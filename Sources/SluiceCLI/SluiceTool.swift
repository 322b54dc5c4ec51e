import ArgumentParser
import SluiceToolSupport

/// The root of the tool. Each command has a file of its own.
struct SluiceTool: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "A distributed job queue on Redis.",
        discussion: """
            Without --redis and $SLUICE_REDIS_URL, commands share a private Redis of your own, started on first use \
            (see: sluice redis status). Exit status: 0 done, 1 failed or "no", 2 usage, 3 Redis cannot be reached or used.

            Completion for your shell: sluice --generate-completion-script bash|zsh|fish
            """,
        version: ToolVersion.line(of: "sluice"),
        subcommands: [BenchWorkerCommand.self, DemoWorkerCommand.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Jobs", subcommands: [EnqueueCommand.self, WorkerCommand.self, JobsCommand.self]),
            CommandGroup(
                name: "Looking",
                subcommands: [
                    StatusCommand.self, TopCommand.self, ForecastCommand.self, DoctorCommand.self, TailCommand.self,
                    WorkersCommand.self,
                    AuditCommand.self, LogCommand.self, DashboardCommand.self,
                ]),
            CommandGroup(
                name: "Managing",
                subcommands: [
                    WorkflowsCommand.self, BatchesCommand.self, CronCommand.self, QueuesCommand.self, LimitsCommand.self,
                    DependenciesCommand.self, KeysCommand.self, TokenCommand.self, LibraryCommand.self, RedisCommandGroup.self,
                ]),
            CommandGroup(name: "Trying", subcommands: [DemoCommand.self, BenchCommand.self]),
        ])

    @OptionGroup var global: GlobalOptions
}
