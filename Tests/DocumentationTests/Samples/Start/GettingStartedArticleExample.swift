import Logging
import ServiceLifecycle
import Sluice
import SluiceWorker
import UnixSignals

/// A job is its arguments. Producers and workers share the type.
struct Develop: Job {
    static let kind = "develop"
    static let options = JobOptions(queue: "reels", maxAttempts: 5, timeout: .seconds(60), keepsResult: true)
    typealias Output = String
    var title: String
}

struct Films {
    static func main() async throws {
        let sluice = try await SluiceClient(.embedded)
        let words = CommandLine.arguments.dropFirst()
        if words.first == "work" { return try await work(sluice) }
        for title in words { print(try await sluice.enqueue(Develop(title: title)).id) }
        await sluice.close()
    }

    static func work(_ sluice: SluiceClient) async throws {
        let worker = Worker(sluice, queues: [Queue("reels")], options: WorkerOptions(lease: .seconds(5)))
        worker.handle(Develop.self) { job, context in
            context.logger.info("attempt \(context.attempt), fence \(context.fence)")
            try await Task.sleep(for: .seconds(8))
            return "/reels/\(job.title).mp4"
        }
        let group = ServiceGroup(
            services: [sluice, worker], gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "films"))
        try await group.run()
    }
}
