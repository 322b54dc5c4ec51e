import ArgumentParser
import SluiceCore
import SluiceToolSupport

struct DashboardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard", abstract: "Serve a dashboard in the browser, for this machine or for a team.",
        discussion: """
            It runs sluice-server, which is installed beside this tool, with the same Redis. All options of sluice-server are taken: \
            sluice dashboard --help-server prints them.
            """)

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Print the options of sluice-server.")
    var helpServer = false

    @Argument(parsing: .allUnrecognized, help: "Options of sluice-server.")
    var options: [String] = []

    func run() async throws {
        let server = try ProgramPath.companion("sluice-server")
        if helpServer { throw ProgramPath.replaceProcess([server, "serve", "--help"]) }
        var words = [server, "serve"]
        if let url = global.redis { words += ["--redis", url] }
        if let file = global.redisPasswordFile { words += ["--redis-password-file", file] }
        if let namespace = global.namespace { words += ["--namespace", namespace.text] }
        if global.json { words.append("--json") }
        throw ProgramPath.replaceProcess(words + options)
    }
}
