import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import Sluice
import SluiceCore
import SluiceToolSupport
import SluiceWorker

/// A worker process of `demo`. It reports to the demo on standard output, and ends in order when its standard input closes.
struct DemoWorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "demo-worker", shouldDisplay: false)

    @OptionGroup var global: GlobalOptions
    /// Completed jobs that the queue keeps.
    @Option var keep: Int

    func run() async throws {
        var logger = Logger(label: "sluice.demo")
        logger.logLevel = .error
        let client = try await SluiceClient(
            try await global.store(logger: logger), options: SluiceClient.Options(), logger: logger)
        let worker = Worker(
            client,
            queues: [Queue(HashFile.queue, concurrency: 8, keepsCompleted: .init(count: keep, age: .seconds(86_400)))],
            options: WorkerOptions(lease: DemoRun.lease, grace: .seconds(2)), logger: logger)
        let services = ServiceGroup(services: [worker], logger: logger)
        let demo = DemoLink { await services.triggerGracefulShutdown() }
        worker.handle(HashFile.self) { (job, context) -> HashFile.Output in
            if job.asksFirst == true { await demo.ask() }
            guard let path = PathText.decode(job.path) else { throw JobInterruption.discard(reason: "the path makes no sense") }
            do {
                let waited = max(context.claimedAt - context.availableSince, 0)
                return HashFile.Output(sha256: try FileDigest(of: path).sha256, waitedMilliseconds: waited)
            } catch let error as FileDigest.Unreadable {
                throw JobInterruption.discard(reason: error.description)
            }
        }
        worker.afterProcess { _ in demo.tell(.recorded) }
        demo.tell(.ready(worker.id))
        try await demo.follow { try await services.run() }
        await client.close()
    }
}
