import Logging
import ServiceLifecycle
import Sluice
import SluiceWorker
import UnixSignals

struct Greet: Job {
    static let kind = "greet"
    static let options = JobOptions(queue: "greetings", maxAttempts: 5, timeout: .seconds(10), keepsResult: true)
    typealias Output = String
    var name: String
}

func greeter(_ sluice: SluiceClient) -> Worker {
    let worker = Worker(sluice, queues: [Queue("greetings", concurrency: 20)])
    worker.handle(Greet.self) { job, context in
        context.logger.info("attempt \(context.attempt)")
        return "Hello, \(job.name)"
    }
    return worker
}

func serve() async throws {
    let sluice = try await SluiceClient(.url("redis://127.0.0.1:6379"))
    try await sluice.enqueue(Greet(name: "Ada")) { $0.delay = .seconds(5) }
    let services = [sluice, greeter(sluice)] as [any Service]
    try await ServiceGroup(services: services, gracefulShutdownSignals: [.sigterm], logger: Logger(label: "greeter")).run()
}
