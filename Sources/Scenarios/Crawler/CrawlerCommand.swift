import ArgumentParser
import ScenarioSupport
import SluiceTesting

struct CrawlerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crawler",
        abstract: "Items that are announced again and again, each a unique job, a tenth of which ask an API that fails.",
        discussion: """
            Worker processes classify what is announced; some jobs need an API that allows so many calls in a second, answers badly, \
            hangs, refuses connections for a quarter of the run and then a key. Workers are killed, an operator pauses, purges, \
            retries and reschedules. At the end each requirement B1 to B15 is computed from what the workers, the API and Redis \
            recorded. Exit status 1 if one does not hold.
            """,
        subcommands: [WorkerCommand.self])

    @Flag(help: "20,000 fingerprints, in less than a minute. This is what is done without --full.")
    var quick = false

    @Flag(help: "1,000,000 fingerprints, announced three times each: some minutes, best with a release build.")
    var full = false

    @Flag(help: "Be unique by fingerprint and state, spend attempts on outages, with one worker, as the original did: must fail.")
    var asOriginal = false

    @Option(help: "What the choices of announcements and of bad answers follow.")
    var seed: UInt64 = 1

    func validate() throws {
        if quick && full { throw ValidationError("--quick and --full exclude each other") }
    }

    func run() async throws {
        let scale = full ? Scale.full : asOriginal ? Scale.original : Scale.quick
        let (asOriginal, seed) = (asOriginal, seed)
        let evidence = try await Launch.interruptibly("crawler") {
            try await RedisTestServer.lend(.init(aof: false)) { server in
                try await CrawlScript.evidence(scale, asOriginal: asOriginal, seed: seed, on: server)
            }
        }
        let report = RequirementsReport(evidence)
        Console.write(report.lines.map { $0 + "\n" }.joined())
        if !report.isGood { throw ExitCode(1) }
    }
}
