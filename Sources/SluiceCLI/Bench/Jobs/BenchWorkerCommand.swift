import ArgumentParser
import Foundation
import Logging
import Sluice
import SluiceCore
import SluiceToolSupport
import SluiceWorker

/// A worker process of `bench`. It ends with its standard input.
struct BenchWorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bench-worker", shouldDisplay: false)

    @OptionGroup var global: GlobalOptions
    @Argument var queue: String
    @Argument var concurrency: Int
    @Option(transform: { try Limit(parsing: $0) }) var limit: [Limit] = []
    /// The mean time that a job takes, in ms; half of it to one and a half.
    @Option var takes = 0

    func run() async throws {
        // A separate thread, since blocking reads would delay other tasks.
        let reader = Thread {
            while readLine() != nil {}
            endProcess()
        }
        reader.start()
        var options = SluiceClient.Options()
        options.namespace = global.namespace ?? .standard
        var logger = Logger(label: "sluice.bench")
        logger.logLevel = .error
        let client = try await SluiceClient(try await global.store(logger: logger), options: options, logger: logger)
        let worker = Worker(
            client, queues: [Queue(try QueueName(queue), concurrency: concurrency, limits: limit)],
            options: WorkerOptions(grace: .zero), logger: logger
        ) { BenchMiddleware() }
        if takes > 0 {
            let range = takes * 500...takes * 1500
            worker.handle(BenchJob.self) { (_, _) -> Void in try await Task.sleep(for: .microseconds(Int.random(in: range))) }
        } else {
            worker.handle(BenchJob.self) { (_, _) -> Void in }
        }
        try await worker.run()
    }
}

// Inside the command, the bare name means its own method.
private func endProcess() { exit(1) }
