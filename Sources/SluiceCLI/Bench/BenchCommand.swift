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
            "Measure this machine: enqueue, bulk, purge, drain, latency, workflows, batches, unique jobs, web hooks, beside Redis alone.",
        discussion: """
            Runs on a private Redis that is thrown away, unless --redis or $SLUICE_REDIS_URL names one. Everything that is on by default is on: \
            arguments decoded through a Job, one middleware, retention, events, history. Workers are processes of their own.

            With --partitions, the drain alone is measured, under a limit of places in each partition; with two limits, in two \
            dimensions at once. With --hot-lanes, what a claim costs the server while so many lanes wait for one place.

            --mode polling takes half a minute, and is not part of all: jobs that watch tasks of 1 to 3 s at fixed intervals, beside \
            adaptive polling that looks a little less often; looks after a job's first run, and the delay with which the end is found.

            --mode memory is not part of all either: the resident memory of a client, a worker, an exec worker and a webhook worker \
            after a tenth, half and all of their jobs. Exec and webhook workers get a twenty-fifth of --jobs. It needs /proc.
            """)

    enum Mode: String, ExpressibleByArgument, CaseIterable {
        case enqueue, bulk, drain, latency, workflow, batch, unique, polling, webhooks, memory, all
    }

    @OptionGroup var global: GlobalOptions

    @Option(help: "Jobs in each measurement.")
    var jobs = 200_000
    @Option(help: "Bytes of arguments of a job.")
    var payload = 100
    @Option(help: "Jobs that a worker process runs at the same time.")
    var concurrency = 1000
    @Option(help: "Worker processes.")
    var processes = 1
    @Option(help: "What to measure.")
    var mode = Mode.all

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
        guard (1...100_000_000).contains(jobs), (1...1_000_000).contains(payload), (1...10_000).contains(concurrency),
            (1...256).contains(processes)
        else {
            throw ValidationError("--jobs, --payload, --concurrency and --processes are above 0, within reason")
        }
    }

    func run() async throws {
        var logger = Logger(label: "sluice.bench")
        logger.logLevel = .error
        let redis = global.url == nil ? try await PrivateRedis(PrivateRedis.Options()) : nil
        var options = SluiceClient.Options()
        options.namespace = try Namespace("bench-\(ProcessInfo.processInfo.processIdentifier)")
        let modes = BenchModes(
            url: global.url ?? redis?.url ?? "", options: options, jobs: jobs, payload: payload, concurrency: concurrency,
            processes: processes, lanes: lanes, logger: logger)
        var result = BenchResult()
        result.add("jobs", .integer(jobs))
        result.add("payload_bytes", .integer(payload))
        result.add("concurrency", .integer(concurrency))
        result.add("processes", .integer(processes))
        if let lanes {
            result.add("partitions", .integer(lanes.partitions))
            result.add("limits", .array(lanes.limits.map(JSONValue.integer)))
        }
        try await measure(modes, &result)
        try await redis?.kill()
        if global.json { try Terminal.output.json(result.json) } else { try Terminal.output.lines(result.lines) }
    }

    private func measure(_ modes: BenchModes, _ result: inout BenchResult) async throws {
        if mode == .polling { return try await modes.polling(&result) }
        if mode == .memory { return try await modes.memory(&result) }
        if let hotLanes {
            try await modes.hotGate(hotLanes, &result)
            return try await modes.floor(&result)
        }
        if partitions != nil {
            try await modes.drain(&result)
            return try await modes.floor(&result)
        }
        if mode == .enqueue || mode == .all { try await modes.enqueue(&result) }
        if mode == .bulk || mode == .all {
            try await modes.bulk(&result)
            try await modes.purge(&result)
        }
        if mode == .drain || mode == .all { try await modes.drain(&result) }
        if mode == .latency || mode == .all { try await modes.latency(&result) }
        if mode == .workflow || mode == .all {
            try await modes.step(&result)
            try await modes.diamonds(&result)
        }
        if mode == .batch || mode == .all { try await modes.batch(&result) }
        if mode == .unique || mode == .all { try await modes.unique(&result) }
        if mode == .webhooks { try await modes.webhooks(&result) }
        if mode == .all { try await webhooks(modes, &result) }
        try await modes.floor(&result)
    }

    /// Web hooks among all measurements: without the program that delivers them, the others still count.
    private func webhooks(_ modes: BenchModes, _ result: inout BenchResult) async throws {
        do {
            _ = try ProgramPath.webhooks()
        } catch {
            return Terminal.complain("web hooks are not measured: \(error.message)")
        }
        try await modes.webhooks(&result)
    }
}
