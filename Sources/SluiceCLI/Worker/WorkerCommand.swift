import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import Sluice
import SluiceCore
import SluiceInspector
import SluicePrometheus
import SluiceToolSupport
import SluiceWorker
import UnixSignals

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Run a command for each job of some queues.",
        discussion: """
            The command gets the job's arguments as JSON on standard input, and SLUICE_JOB_ID, SLUICE_QUEUE, SLUICE_KIND, \
            SLUICE_ATTEMPT, SLUICE_FENCE and SLUICE_ARGS_VERSION in its environment; SLUICE_UNAVAILABLE names, joined by commas, the dependencies that \
            are switched off and that the job can do without. What it prints is the job's result: JSON, or text, \
            quoted up to 1 MiB; of more, the beginning is kept and marked as truncated. What is not UTF-8 is kept as {"base64":"…"}.

            Exit status 0: completed. 65: discarded, the arguments make no sense. 69: what it depends on (--dependency) \
            is not there; the job waits and spends no attempt, and its breaker stops others. Anything else, or death by a signal: tried \
            again with growing waits, until 20 attempts or those of `sluice enqueue --max-attempts` are spent; the end of its \
            standard error is kept as the reason. That holds for 126 and 127 too, by which a shell tells that it did not find a command.

            At the job's timeout, on `sluice jobs cancel`, and when the worker stops and its grace is over, the command's \
            process group gets SIGTERM, and 5 s later SIGKILL. What the command leaves running in its process group when it ends is \
            killed; after a SIGTERM, and when the worker dies, so is what has left the group.

            SIGTERM, Ctrl-C or the end of its terminal: nothing more is claimed, what runs may end within the grace, the rest is \
            given back unharmed. Ctrl-C again: at once. SIGHUP, if it has no terminal: keys, the password and certificates are read \
            again from their files. A worker that ends by itself (--max-jobs, --exit-when-empty) waits for what runs, and for Redis \
            if that is away, without a limit, so that nothing stays claimed.

            A manager such as systemd ($NOTIFY_SOCKET) is told when the program is ready, that it stops, and, for its watchdog, that \
            its loop turns.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The queues to serve.", completion: QueueNames.completion, transform: { try QueueName($0) })
    var queues: [QueueName]

    @Option(
        help: ArgumentHelp(
            "The command, as one argument: split at blanks, quotes honoured, nothing expanded, no shell.", valueName: "command"))
    var exec: String

    @Option(
        help: ArgumentHelp("Jobs of each queue that run at the same time. (default: the number of processors)", valueName: "n"))
    var concurrency: Int?

    @Option(
        help: ArgumentHelp(
            "When a place is free for the next job: as soon as the command has ended (batched), or once Redis has its outcome "
                + "(confirmed). (default: batched)", valueName: "batched|confirmed"),
        completion: .list(Queue.AckMode.allCases.map(\.rawValue)), transform: { try ackMode($0) })
    var ack = Queue.AckMode.batched

    @Option(
        help: ArgumentHelp(
            "A limit of each queue over all workers: concurrency=12, concurrency=2/account, rate=300/1s, rate=40/10s/host, "
                + "breaker=5/30s/20s/host. May be repeated. Workers whose limits differ log a warning.", valueName: "spec"),
        transform: { try Limit(parsing: $0) })
    var limit: [Limit] = []

    @Option(
        help: ArgumentHelp(
            "The number of this declaration of limits; the highest applies.", valueName: "n"))
    var deploy = 0

    @Option(
        help: ArgumentHelp(
            "The dependency that exit status 69 reports as missing, or a partition of the jobs. (default: dependency)",
            valueName: "name"),
        transform: { try dependencyName($0) })
    var dependency = "dependency"

    @OptionGroup var times: TimesOptions

    @Option(
        help: ArgumentHelp(
            "End after this many jobs, in order and with status 0: no more are claimed, and what runs may end however long it takes.",
            valueName: "n"))
    var maxJobs: Int?

    @Flag(
        help: ArgumentHelp(
            "End with status 0 once nothing can be claimed in any of the queues, and what ran here has ended. Jobs that are scheduled, "
                + "wait for their next attempt or for a limit, run elsewhere or are paused do not keep the worker."))
    var exitWhenEmpty = false

    @Option(
        help: ArgumentHelp(
            "The version of what runs here, such as 2.3.1, which `sluice workers list` shows. At most 128 bytes.",
            valueName: "text"))
    var versionLabel: String?

    @OptionGroup var keys: KeysOptions
    @OptionGroup var size: PayloadLimitOption
    @OptionGroup var monitoring: MonitorOptions
    @OptionGroup var log: LogOptions
    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Run no job whose arguments are not encrypted. Needs the keys.")
    var requireEncrypted = false

    private static func ackMode(_ text: String) throws -> Queue.AckMode {
        guard let mode = Queue.AckMode(rawValue: text) else { throw ValidationError("write batched or confirmed") }
        return mode
    }

    private static func dependencyName(_ text: String) throws(SluiceError) -> String {
        try DimensionName.check(text)
        return text
    }

    func validate() throws {
        if deploy < 0 { throw ValidationError("--deploy is 0 or more") }
        do throws(SluiceError) {
            _ = try limit.checked()
        } catch {
            throw ValidationError("--limit: \(error.message)")
        }
        var named: Set<QueueName> = []
        for queue in queues where !named.insert(queue).inserted { throw ValidationError("a queue is named twice: '\(queue)'") }
        if queues.contains(Notify.queue) {
            throw ValidationError("a command cannot deliver the notifications of queue '\(Notify.queue)': run sluice-webhooks")
        }
        if let concurrency, !(1...10_000).contains(concurrency) {
            throw ValidationError("--concurrency is 1 to 10000")
        }
        if let maxJobs, maxJobs < 1 { throw ValidationError("--max-jobs is 1 or more") }
        if let versionLabel, !(1...128).contains(versionLabel.utf8.count) {
            throw ValidationError("--version-label is 1 to 128 bytes")
        }
    }

    func run() async throws {
        if settings.check { return try await check() }
        let logger = log.logger("sluice.worker", isJSON: global.json)
        var command = try ExecCommand(exec)
        var options = SluiceClient.Options()
        options.namespace = global.namespace ?? .standard
        options.keys = try keys.load()
        options.requiresEncryption = requireEncrypted
        options.payloadLimit = size.limit
        command.resultLimit = size.limit
        if requireEncrypted, options.keys == nil { throw Self.noKeys }
        command.reaper = ExecReaper(logger: logger)
        let times = try times.times()
        let metrics = monitoring.metrics()
        var reload = await SecretReload(logger: logger)
        reload.add(keys.reload(options.keys))
        let client = try await SluiceClient(try await global.store(logger: logger), options: options, logger: logger)
        if times.longestJob != nil { logger.info("times of a stop", metadata: TimesOptions.metadata(times)) }
        do {
            reload.add(client.store)
            try await serve(worker(client, running: command, times, logger), of: client, reload, metrics, logger)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }

    private func serve(
        _ worker: Worker, of client: SluiceClient, _ reload: SecretReload, _ metrics: PrometheusMetrics?, _ logger: Logger
    ) async throws {
        var quiet = logger
        quiet.logLevel = .error
        // A worker may end by itself; then the pages end after it.
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: reload), .init(service: worker, successTerminationBehavior: .gracefullyShutdownGroup),
        ]
        let probe = { ServiceProbe("worker", probing: [client.store]) { worker.pulse } }
        if let metrics, let monitor = try await monitoring.monitor(MonitorPages(metrics, probe())) {
            logger.info("metrics are served", metadata: ["url": "\(monitor.url)"])
            // Services stop in the opposite order, so that the pages are there until the worker has ended.
            services.insert(.init(service: monitor), at: 0)
        }
        if let systemd = SystemdNotifier() {
            services.insert(.init(service: SystemdService(systemd, probe(), logger: logger)), at: 0)
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services, gracefulShutdownSignals: StopSignals.ofService, logger: quiet))
        try await SecondInterrupt(services: group, logger: logger).run()
    }

    private func worker(
        _ client: SluiceClient, running command: ExecCommand, _ times: ServiceTimes, _ logger: Logger
    ) -> Worker {
        let places = concurrency ?? ProcessInfo.processInfo.activeProcessorCount
        let worker = Worker(
            client, queues: queues.map { Queue($0, concurrency: places, ack: ack, limits: limit, deploy: deploy) },
            options: WorkerOptions(
                lease: times.lease, grace: times.grace, cancellationGrace: times.cancellation, version: versionLabel,
                maxJobs: maxJobs, stopsWhenEmpty: exitWhenEmpty),
            logger: logger)
        worker.handleOthers { [dependency] arguments, context in
            try await command.run(arguments, context).result(dependency: dependency, hiding: context.redaction)
        }
        worker.afterProcess { job in
            guard job.state == .completed, let duration = job.duration else { return }
            logger.info(
                "completed",
                metadata: ["job": "\(job.id)", "queue": "\(job.queue)", "took": "\(HumanText.duration(duration))"])
        }
        return worker
    }
}
