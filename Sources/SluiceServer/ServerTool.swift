import ArgumentParser
import SluiceToolSupport

/// `sluice-server`
struct ServerTool: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-server", abstract: "Serve a dashboard of the queues.",
        discussion: """
            Without options it shows the queues of one Redis to this machine alone. To open it to others, give it users: \
            `sluice-server password` makes a line of the users' file.

            SIGTERM, Ctrl-C or the end of its terminal stop it. SIGHUP, if it has no terminal: users, secrets, keys, the password and \
            certificates are read again from their files.

            A manager such as systemd ($NOTIFY_SOCKET) is told when the program is ready, that it stops, and, for its watchdog, that \
            its loop turns.

            Exit status: 0 done, 1 failed, 2 usage, 3 Redis cannot be reached or used.
            """,
        version: ToolVersion.line(of: "sluice-server"), subcommands: [ServeCommand.self, PasswordCommand.self],
        defaultSubcommand: ServeCommand.self)
}
