import Sluice
import SluiceWorker

struct Export: Job {
    static let kind = "export"
    static let options = JobOptions(queue: "exports", needs: ["storage", Dependency("thumbnails", whenOff: .runWithout)])
    var account: String
    var host: String
    var partitions: Partitions { ["account": account, "host": host] }
}

let exports = Queue(
    "exports", concurrency: 20,
    limits: [
        .concurrency(12),
        .concurrency(2, partition: "account"),
        .rate(300, per: .seconds(1)),
        .rate(40, per: .seconds(10), partition: "host"),
        .breaker(partition: "host", opensAfter: 5, within: .seconds(30), coolsFor: .seconds(20)),
    ], deploy: 7)

func exporter(_ sluice: SluiceClient, answers: @escaping @Sendable (_ host: String) async -> Bool) -> Worker {
    let worker = Worker(sluice, queues: [exports])
    worker.handle(Export.self) { job, context in
        guard await answers(job.host) else { throw DependencyUnavailable("host", retryAfter: .seconds(5)) }
        if context.isAvailable("thumbnails") { try await context.progress(0.5, note: "pictures") }
    }
    return worker
}

func patientClient(_ url: String) async throws -> SluiceClient {
    var options = SluiceClient.Options()
    options.backPressure = .wait(upTo: .seconds(60))
    return try await SluiceClient(.url(url), options: options)
}

func renderOnGPU(_ sluice: SluiceClient, render: @escaping @Sendable (Fence) async throws -> Void) async throws {
    try await sluice.semaphore("gpu", limit: 4).withPermit { permit in try await render(permit.fence) }
}

func lookUp(_ sluice: SluiceClient, ask: () async throws -> Void) async throws {
    try await sluice.rateLimiter("tmdb", limit: 20, per: .seconds(1)).acquire()
    try await ask()
}
