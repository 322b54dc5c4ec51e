import ArgumentParser
import Logging
import Metrics
import ScenarioSupport
import ServiceLifecycle
import Sluice
import SluiceWebhooks
import SluiceWorker

/// A worker process: this program again. It ends with the process that started it.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "worker", shouldDisplay: false)

    @Option var url: String
    @Option var log: String
    @Option var host: String
    /// Where the upstream is, whom it may tell, and who pays.
    @Option var upstream: String
    @Option var news: String
    @Option var bank: String
    /// Whether it goes by the original's rules; the command above this one has a flag of that name itself.
    @Flag var original = false

    func run() async throws {
        let logger = Logger.forFaults("image-gateway.worker")
        let log = try RunLog(path: log)
        MetricsSystem.bootstrap(LogMetrics(log, prefix: "sluice_webhooks_dead"))
        let client = try await SluiceClient(.url(url), logger: logger)
        var services = [client] as [any Service]
        if original {
            services.append(
                OriginalPoller(store: client.store, upstream: UpstreamClient(upstream), bank: bank, log: log))
        } else {
            let sender = try WebhookSender(
                WebhookOptions(
                    secrets: [WebhookSecret(Scale.secret)], maxAttempts: Scale.hookTries,
                    retry: .exponential(base: .milliseconds(50), cap: .seconds(1)), allowed: [AddressRange("127.0.0.0/8")]))
            services += [sender, worker(client, sender, log, logger)] as [any Service]
        }
        try await WorkerProgram.run(services, logger: logger)
    }

    private func worker(_ client: SluiceClient, _ sender: WebhookSender, _ log: RunLog, _ logger: Logger) -> Worker {
        // All is kept that is looked at in the end.
        let kept = Queue.Retention(count: 100_000, age: .seconds(86_400))
        let pictures = Queue(
            QueueName(stringLiteral: Scale.queue), concurrency: Scale.concurrency, keepsCompleted: kept, keepsCancelled: kept,
            maxCrashes: Scale.crashes,
            limits: [
                // An account that hangs holds at most this many places, and none while its breaker is open.
                .concurrency(Scale.perAccount, partition: "account"),
                .breaker(partition: "account", opensAfter: 5, within: .seconds(30), coolsFor: Scale.cools),
            ])
        let hooks = Queue(Notify.queue, concurrency: 20, keepsDiscarded: kept)
        let options = WorkerProgram.options(lease: Scale.lease, host: host)
        let worker = Worker(client, queues: [pictures, hooks], options: options, logger: logger)
        let deaths = Deaths(log: log)
        Drawings(sluice: client, upstream: UpstreamClient(upstream), deaths: deaths, news: news).register(on: worker)
        Refunds(bank: bank, deaths: deaths).register(on: worker)
        worker.deliverWebhooks(by: sender)
        return worker
    }
}
