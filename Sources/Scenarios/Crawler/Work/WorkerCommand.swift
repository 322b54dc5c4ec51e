import ArgumentParser
import Foundation
import Logging
import Metrics
import ScenarioSupport
import Sluice
import SluiceWorker

/// A worker process: this program again. It writes what it does into a file, and ends with the process that started it.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "worker", shouldDisplay: false)

    @Option var url: String
    @Option var log: String
    @Option var api: String
    @Option var host: String
    @Option var scale: String
    /// Whether it goes by the original's rules; the command above this one has a flag of that name itself.
    @Flag var original = false

    func run() async throws {
        guard let scale = Scale(named: scale) else { throw ValidationError("no such scale") }
        let logger = Logger.forFaults("crawler.worker")
        let log = try RunLog(path: log)
        MetricsSystem.bootstrap(LogMetrics(log, prefix: "crawler_"))
        let client = try await SluiceClient(.url(url), logger: logger)
        let worker = worker(client, scale, log, logger)
        let handlers = Handlers(log: log, api: APIClient(path: api), shared: SharedKey(log: log))
        handlers.register(on: worker)
        if original {
            OriginalLookup(log: log, api: APIClient(path: api), store: client.store).register(on: worker)
        } else {
            handlers.registerLookup(on: worker)
        }
        try await WorkerProgram.run([client, worker], logger: logger)
    }

    private func worker(_ client: SluiceClient, _ scale: Scale, _ log: RunLog, _ logger: Logger) -> Worker {
        let options = WorkerProgram.options(lease: Scale.lease, host: host)
        let queue = Queue(
            QueueName(stringLiteral: Scale.queue), concurrency: original ? 1 : scale.concurrency,
            keepsDiscarded: .init(count: 100_000, age: .seconds(86_400)), maxCrashes: Scale.crashes,
            limits: original ? [] : Self.limits(scale))
        return Worker(client, queues: [queue], options: options, logger: logger) { RunLogging.crawl(log: log, scale: scale) }
    }

    /// What holds for the API and its keys, over all workers, retries included. A hanging API takes half of the places at most.
    private static func limits(_ scale: Scale) -> [Limit] {
        [
            .concurrency(scale.workers * scale.concurrency / 2, partition: Scale.api),
            .breaker(partition: Scale.api, opensAfter: 5, within: .seconds(30), coolsFor: Scale.probe),
            .rate(scale.ownRate, per: Scale.period, partition: Scale.ownKey),
            .breaker(partition: Scale.ownKey, opensAfter: 5, within: .seconds(30), coolsFor: Scale.probe),
            .rate(scale.sharedRate, per: Scale.period, partition: Scale.sharedKey),
            .breaker(partition: Scale.sharedKey, opensAfter: 5, within: .seconds(30), coolsFor: Scale.probe),
        ]
    }
}
