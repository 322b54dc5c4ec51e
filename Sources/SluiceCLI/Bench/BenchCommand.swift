import ArgumentParser
import Foundation
import Logging
import Sluice
import SluiceCore
import SluiceEmbedded
import SluiceToolSupport

/// `sluice bench`
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract:
            "Measure this machine: single jobs, bulk, purge, drain, latency, workflows, batches, unique jobs, web hooks, beside Redis alone.",
        discussion: """
            Runs on a private Redis that is thrown away, unless --redis or $SLUICE_REDIS_URL names one. Everything that is on by default is on: \
            arguments decoded through a Job, one middleware, retention, events, history. Workers are processes of their own.

            Where the machine without Sluice sets a limit, that floor is measured in turns with the figure, and the ratio to it \
            stands beside the figure. Ratios differ less between machines and hours than figures. A figure with a floor is the median \
            of three rounds.

            With --partitions, the drain alone is measured, under a limit of places in each partition; with two limits, in two \
            dimensions at once. With --hot-lanes, what a claim costs the server while this number of lanes waits for one place.

            --mode polling takes half a minute, and is not part of all: jobs that watch tasks of 1 to 3 s at fixed intervals, beside \
            adaptive polling that looks a little less often; looks after a job's first run, and the delay with which the end is found.

            --mode memory is not part of all either: the resident memory of a client, a worker, an exec worker and a webhook worker \
            after a tenth, half and all of their jobs. Exec and webhook workers get a twenty-fifth of --jobs. It needs /proc.

            --mode forecast takes half a minute, and is not part of all: forecasts made while a queue drains, beside what happened.
            """)

    enum Mode: String, ExpressibleByArgument, CaseIterable {
        case single, bulk, drain, latency, workflow, batch, unique, polling, webhooks, memory, forecast, all
    }

    @OptionGroup var global: GlobalOptions

    @Option(help: "Jobs in each measurement; fewer where few calls are in flight.")
    var jobs = 200_000
    @Option(help: "Bytes of arguments of a job.")
    var payload = 100
    @Option(help: "Jobs that a worker process runs at the same time.")
    var concurrency = 1000
    @Option(help: "Worker processes.")
    var processes = 1
    @Option(help: "What to measure.")
    var mode = Mode.all
    @Option(help: "How to reach the private Redis. (default: unix)")
    var connection: BenchConnection?
    @Option(help: ArgumentHelp("What an earlier run printed with --json: shows its figures and the changes.", valueName: "file"))
    var compare: String?

    @Option(help: ArgumentHelp("Values of a partition, among which jobs are spread: measures the drain only.", valueName: "p"))
    var partitions: Int?
    @Option(help: ArgumentHelp("Jobs that run at the same time in each partition; twice for two dimensions.", valueName: "k"))
    var limit: [Int] = []
    @Option(help: "Limited partitions that each job has, 1 or 2.")
    var dimensions: Int?
    @Option(help: ArgumentHelp("Lanes parked at one gate while claims are measured.", valueName: "n"))
    var hotLanes: Int?

    /// The partitions and limits of the jobs, if any.
    var lanes: BenchLanes? {
        guard let partitions else { return nil }
        let count = dimensions ?? max(limit.count, 1)
        return BenchLanes(partitions: partitions, limits: (0..<count).map { limit.isEmpty ? 4 : limit[min($0, limit.count - 1)] })
    }

    func validate() throws {
        try validateLanes()
        guard (1...100_000_000).contains(jobs), (1...1_000_000).contains(payload), (1...10_000).contains(concurrency),
            (1...256).contains(processes)
        else {
            throw ValidationError("--jobs, --payload, --concurrency and --processes are above 0, within reason")
        }
        if connection != nil, global.url != nil {
            let source = global.redis == nil ? "$SLUICE_REDIS_URL" : "--redis"
            throw ValidationError("--connection is for the private Redis, and \(source) names another one")
        }
        if compare != nil, [.polling, .memory, .forecast].contains(mode) {
            throw ValidationError(
                "--compare does not go with --mode polling, memory and forecast: their tables are no single figures")
        }
    }

    private func validateLanes() throws {
        if partitions == nil, !limit.isEmpty || dimensions != nil {
            throw ValidationError("--limit and --dimensions need --partitions")
        }
        guard (1...10_000_000).contains(partitions ?? 1), limit.allSatisfy((1...1_000_000).contains), limit.count <= 2,
            (max(limit.count, 1)...2).contains(dimensions ?? 2), (1...1_000_000).contains(hotLanes ?? 1)
        else {
            throw ValidationError(
                "--partitions, --limit and --hot-lanes are above 0, within reason; there are one or two dimensions")
        }
        if partitions != nil || hotLanes != nil, mode != .all, mode != .drain {
            throw ValidationError("--partitions and --hot-lanes measure claims: no other --mode goes with them")
        }
    }

    func run() async throws {
        let earlier = try compare.map { file throws(SluiceError) in try BenchEarlier(file: file) }
        var logger = Logger(label: "sluice.bench")
        logger.logLevel = .error
        let connection = connection ?? .unix
        let redis = global.url == nil ? try await PrivateRedis(connection.server) : nil
        let url = global.url ?? redis.map(BenchConnection.url) ?? ""
        var options = SluiceClient.Options()
        options.namespace = try Namespace("bench-\(ProcessInfo.processInfo.processIdentifier)")
        let modes = BenchModes(
            url: url, options: options, jobs: jobs, payload: payload, concurrency: concurrency, processes: processes,
            lanes: lanes, logger: logger)
        var result = BenchResult()
        addOptions(url, &result)
        try await measure(modes, &result)
        try await redis?.kill()
        if global.json {
            try Terminal.output.json(result.json(comparedWith: earlier))
        } else {
            try Terminal.output.lines(result.lines(comparedWith: earlier))
        }
    }

    private func addOptions(_ url: String, _ result: inout BenchResult) {
        result.addOption("jobs", .integer(jobs))
        result.addOption("payload_bytes", .integer(payload))
        result.addOption("concurrency", .integer(concurrency))
        result.addOption("processes", .integer(processes))
        result.addOption("connection", .string(BenchConnection.name(of: url)))
        if let lanes {
            result.addOption("partitions", .integer(lanes.partitions))
            result.addOption("limits", .array(lanes.limits.map(JSONValue.integer)))
        }
        if let hotLanes { result.addOption("hot_lanes", .integer(hotLanes)) }
    }

    private func measure(_ modes: BenchModes, _ result: inout BenchResult) async throws {
        if let hotLanes {
            try await modes.hotGate(hotLanes, &result)
            return try await modes.floor(&result)
        }
        if partitions != nil { return try await modes.drain(&result) }
        switch mode {
        case .single: try await modes.single(&result)
        case .bulk: try await bulk(modes, &result)
        case .drain: try await modes.drain(&result)
        case .latency: try await modes.latency(&result)
        case .workflow: try await workflow(modes, &result)
        case .batch: try await modes.batch(&result)
        case .unique: try await modes.unique(&result)
        case .webhooks: try await modes.webhooks(&result)
        case .polling: try await modes.polling(&result)
        case .memory: try await modes.memory(&result)
        case .forecast: try await modes.forecast(&result)
        case .all: try await all(modes, &result)
        }
        if [.workflow, .batch, .unique, .webhooks].contains(mode) { try await modes.floor(&result) }
    }

    private func all(_ modes: BenchModes, _ result: inout BenchResult) async throws {
        try await modes.single(&result)
        try await bulk(modes, &result)
        try await modes.drain(&result)
        try await modes.latency(&result)
        try await workflow(modes, &result)
        try await modes.batch(&result)
        try await modes.unique(&result)
        try await webhooks(modes, &result)
    }

    private func bulk(_ modes: BenchModes, _ result: inout BenchResult) async throws {
        try await modes.bulk(&result)
        try await modes.purge(&result)
    }

    private func workflow(_ modes: BenchModes, _ result: inout BenchResult) async throws {
        try await modes.step(&result)
        try await modes.diamonds(&result)
    }

    /// Web hooks among all measurements: without the program that delivers them, the others still count.
    private func webhooks(_ modes: BenchModes, _ result: inout BenchResult) async throws {
        do {
            _ = try ProgramPath.companion("sluice-webhooks")
        } catch {
            return Terminal.complain("web hooks are not measured: \(error.message)")
        }
        try await modes.webhooks(&result)
    }
}
