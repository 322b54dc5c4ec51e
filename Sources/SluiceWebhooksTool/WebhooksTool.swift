import ArgumentParser
import Logging
import ServiceLifecycle
import Sluice
import SluiceCore
import SluiceToolSupport
import SluiceWebhooks
import SluiceWorker
import UnixSignals

/// `sluice-webhooks`
struct WebhooksTool: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-webhooks", abstract: "Tell web hooks what they are to hear of jobs.",
        discussion: """
            Delivers what jobs of `sluice enqueue --notify` have to tell: a POST of JSON for each, signed with the secrets of \
            --secret-file, one a line, the newest first. Run as many as you like; those of one job go one after another.

            An answer from 200 to 299 is the end of it; 410 cancels; 429 and 503 may say when to come again; else it is tried again \
            with growing waits, and after the last try it is discarded: `sluice jobs retry --queue webhooks --state discarded` sends such \
            again. Hooks at private, local and reserved addresses are refused, unless they are allowed.

            SIGTERM, Ctrl-C or the end of its terminal: nothing more is claimed, what is on its way may end within the grace. Ctrl-C \
            again: at once. SIGHUP, if it has no terminal: secrets, the password and certificates are read again from their files.

            --metrics-port serves /metrics and the probes /livez and /readyz, as `sluice worker` does.

            A manager such as systemd ($NOTIFY_SOCKET) is told when the program is ready, that it stops, and, for its watchdog, that its loop \
            turns.

            Exit status: 0 done, 1 failed, 2 usage, 3 Redis cannot be reached or used.
            """,
        version: ToolVersion.line(of: "sluice-webhooks"))

    @OptionGroup var global: GlobalOptions

    @Option(
        help: ArgumentHelp("Secrets that bodies are signed with, one a line, each of 16 bytes or more.", valueName: "file"),
        completion: .file())
    var secretFile: String

    @Option(
        help: ArgumentHelp(
            "Addresses that would be refused and are not, such as 10.0.0.0/8. May be repeated.", valueName: "range"),
        transform: { try AddressRange($0) })
    var allow: [AddressRange] = []

    @Flag(help: "Refuse no address, private and local ones included.")
    var allowPrivate = false

    @Option(
        help: ArgumentHelp(
            "PEM certificates of authorities that are believed beside the system's, for receivers of https.", valueName: "file"),
        completion: .file())
    var caFile: String?

    @Option(help: ArgumentHelp("Notifications on their way at the same time. (default: 50)", valueName: "n"))
    var concurrency = 50

    @Option(
        help: ArgumentHelp(
            "A limit over all workers. May be repeated. Each host has a fifth of --concurrency, so that a receiver that hangs leaves "
                + "places to others, unless this says otherwise: concurrency=25/host.", valueName: "spec"),
        transform: { try Limit(parsing: $0) })
    var limit: [Limit] = []

    @Option(
        help: ArgumentHelp("Of two declarations of limits the one with the higher number stands. (default: 0)", valueName: "n"))
    var deploy = 0

    @Option(help: ArgumentHelp("Tries that may fail before a notification is discarded. (default: 20)", valueName: "n"))
    var maxAttempts = 20

    @Option(
        help: ArgumentHelp("How long a receiver has to answer. (default: 10s)", valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var timeout: Duration = .seconds(10)

    @Option(
        help: ArgumentHelp("How long a stop waits for what is on its way. (default: 30s)", valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var grace: Duration = .seconds(30)

    @Option(
        help: ArgumentHelp(
            "How long after this worker's death its notifications go elsewhere: 1s to 1d. (default: 30s)", valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var lease: Duration = .seconds(30)

    @OptionGroup var monitoring: MonitorOptions
    @OptionGroup var log: LogOptions
    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        if deploy < 0 { throw ValidationError("--deploy is 0 or more") }
        if maxAttempts < 1 { throw ValidationError("--max-attempts takes 1 or more") }
        if timeout == .zero { throw ValidationError("--timeout must be above 0") }
        if allowPrivate, !allow.isEmpty { throw ValidationError("--allow-private allows all, so --allow says nothing") }
        guard (1...10_000).contains(concurrency) else { throw ValidationError("--concurrency is 1 to 10000") }
        guard (.seconds(1) ... .seconds(86_400)).contains(lease) else { throw ValidationError("--lease is 1s to 1d") }
        do throws(SluiceError) {
            _ = try limit.checked()
        } catch {
            throw ValidationError("--limit: \(error.message)")
        }
    }

    private static func secrets(_ path: String) throws(SluiceError) -> [WebhookSecret] {
        try WebhookSecret.load(path) { Terminal.complain("warning: \($0)") }
    }

    /// Reads secrets and authorities.
    private func sender() throws -> WebhookSender {
        try WebhookSender(
            WebhookOptions(
                secrets: try Self.secrets(secretFile), timeout: timeout, maxAttempts: maxAttempts,
                allowed: allowPrivate ? AddressRange.all : allow, authorities: caFile))
    }

    /// Tries what the program would read, and reaches Redis if that is asked for.
    private func check() async throws {
        var check = SettingsCheck()
        await check.reach { try await sender().close() }
        await check.redis(global, connects: settings.connect, queues: [Notify.queue], .runs)
        try check.finish()
    }

    func run() async throws {
        if settings.check { return try await check() }
        let logger = log.logger("sluice.webhooks", isJSON: global.json)
        let metrics = monitoring.metrics()
        let sender = try self.sender()
        var options = SluiceClient.Options()
        options.namespace = global.namespace ?? .standard
        var reload = await SecretReload(logger: logger)
        reload.add(
            SecretReload.Part("secrets") { [secretFile] in sender.sign(with: try Self.secrets(secretFile)) })
        if caFile != nil { reload.add(SecretReload.Part("authorities") { try sender.readAuthorities() }) }
        let client = try await SluiceClient(try await global.store(logger: logger), options: options, logger: logger)
        reload.add(client.store)
        let worker = Worker(
            client, queues: [Queue(Notify.queue, concurrency: concurrency, limits: limit, deploy: deploy)],
            options: WorkerOptions(lease: lease, grace: grace), logger: logger)
        worker.deliverWebhooks(by: sender)
        do {
            // Services stop in the opposite order: the pages are there until all is delivered that may be.
            var services: [any Service] = [reload, sender, worker]
            let probe = { ServiceProbe("worker", probing: [client.store]) { worker.pulse } }
            if let metrics, let monitor = try await monitoring.monitor(MonitorPages(metrics, probe())) {
                logger.info("metrics are served", metadata: ["url": "\(monitor.url)"])
                services.insert(monitor, at: 0)
            }
            if let systemd = SystemdNotifier() { services.insert(SystemdService(systemd, probe(), logger: logger), at: 0) }
            var quiet = logger
            quiet.logLevel = .error
            let group = ServiceGroup(services: services, gracefulShutdownSignals: StopSignals.ofService, logger: quiet)
            try await SecondInterrupt(services: group, logger: logger).run()
        } catch {
            await sender.close()
            await client.close()
            throw error
        }
        await sender.close()
        await client.close()
    }
}
