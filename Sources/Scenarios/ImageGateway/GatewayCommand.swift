import ArgumentParser
import ScenarioSupport
import SluiceTesting

struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image-gateway",
        abstract: "Orders for pictures, passed on to an upstream that forgets, hangs, fails and tells lies about its progress.",
        discussion: """
            A client orders pictures, hears of their ends by web hooks, and asks for actions on them inside of the hook's handler. Worker \
            processes submit to accounts of an upstream, and look until it is done; two accounts go out of order, and workers \
            are killed at the worst moments. At the end each requirement N1 to N9 is computed from what the client, the upstream, the bank \
            that pays refunds, and Redis have recorded. Exit status 1 if one does not hold.
            """,
        subcommands: [WorkerCommand.self])

    @Flag(help: "500 orders, in less than a minute. This is what is done without --full.")
    var quick = false

    @Flag(help: "10,000 orders: some minutes, best with a release build.")
    var full = false

    @Flag(help: "Hooks straight from the upstream, and polls at a fixed interval, as the original had them: must fail.")
    var asOriginal = false

    func validate() throws {
        if quick && full { throw ValidationError("--quick and --full exclude each other") }
    }

    func run() async throws {
        let scale = full ? Scale.full : asOriginal ? Scale.original : Scale.quick
        let asOriginal = asOriginal
        let evidence = try await Launch.interruptibly("image-gateway") {
            try await RedisTestServer.lend(.init(aof: false)) { server in
                try await GatewayScript.evidence(scale, asOriginal: asOriginal, on: server)
            }
        }
        let report = RequirementsReport(evidence)
        Console.write(report.lines.map { $0 + "\n" }.joined())
        if !report.isGood { throw ExitCode(1) }
    }
}
