import ArgumentParser
import Logging
import Sluice
import SluiceCore
import SluiceWorker

/// A worker process of `bench`.
struct BenchWorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bench-worker", shouldDisplay: false)

    @OptionGroup var global: GlobalOptions
    @Argument var queue: String
    @Argument var concurrency: Int
    @Option(transform: { try Limit(parsing: $0) }) var limit: [Limit] = []

    func run() async throws {
        var options = SluiceClient.Options()
        options.namespace = global.namespace ?? .standard
        var logger = Logger(label: "sluice.bench")
        logger.logLevel = .error
        let client = try await SluiceClient(.url(global.url ?? ""), options: options, logger: logger)
        let worker = Worker(
            client, queues: [Queue(try QueueName(queue), concurrency: concurrency, limits: limit)],
            options: WorkerOptions(grace: .zero), logger: logger
        ) { BenchMiddleware() }
        worker.handle(BenchJob.self) { (_, _) -> Void in }
        try await worker.run()
    }
}
