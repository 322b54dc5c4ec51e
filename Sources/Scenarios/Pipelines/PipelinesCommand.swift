import ArgumentParser
import ScenarioSupport

struct PipelinesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pipelines",
        abstract: "Workflows, chunks, chains and plain jobs under limits, with faults, and a check for each promise.",
        discussion: """
            Each cell of a matrix, acknowledgement × limits, gets a Redis of its own, worker processes and the same jobs. Workers are \
            killed and frozen, wake tokens stolen, Redis restarts, limits are changed. At the end each promise O1 to O12 is computed \
            from what Redis told and what the workers wrote. Exit status 1 if one does not hold.
            """,
        subcommands: [WorkerCommand.self])

    @Flag(help: "Five cells and some hundred jobs, in seconds. This is what is done without --full.")
    var quick = false

    @Flag(help: "All ten cells, with 20,000 chunk items each: some minutes.")
    var full = false

    @Flag(help: "Let each worker count by itself what it runs, as the design did that this replaces: checks must fail.")
    var asOriginal = false

    @Option(help: "What the choices of jobs follow.")
    var seed: UInt64 = 1

    @Option(help: "A folder for what the workers wrote and Redis told, to look at afterwards.", completion: .directory)
    var keep: String?

    func validate() throws {
        if quick && full { throw ValidationError("--quick and --full exclude each other") }
    }

    func run() async throws {
        let scale = full ? Scale.full : Scale.quick
        let matrix = Matrix(scale: scale, asOriginal: asOriginal, seed: seed, records: keep.map { CellRecords(folder: $0) })
        let started = ContinuousClock.now
        let results = try await Launch.interruptibly("pipelines") { try await matrix.run() }
        let report = Report(results, elapsed: ContinuousClock.now - started, asOriginal: asOriginal)
        Console.write(report.lines.map { $0 + "\n" }.joined())
        if !report.isGood { throw ExitCode(1) }
    }
}
