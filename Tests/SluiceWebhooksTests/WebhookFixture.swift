import Logging
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import SluiceWebhooks
import SluiceWorker
import TestSupport

/// A job that can tell how far it has come, and ends as it is told.
struct Told: Job {
    static let kind = "told"
    static let options = JobOptions(queue: "work", maxAttempts: 1, keepsResult: true)
    typealias Output = Int
    var steps = 0
    var fails = false
}

struct ToldFailure: Error {}

/// Jobs that tell web hooks, and workers for both.
struct WebhookFixture {
    static let secret = "a secret of enough bytes"

    let queues: TestNamespace
    let client: SluiceClient
    let inspector: Inspector
    let verifier: WebhookVerifier

    init() async throws {
        queues = try await TestNamespace(clock: .server)
        client = try await queues.client()
        inspector = Inspector(queues.store)
        verifier = try WebhookVerifier([WebhookSecret(Self.secret)], tolerance: .seconds(3600))
    }

    func options(maxAttempts: Int = 1000, retry: RetryPolicy = .fixed(.milliseconds(5))) throws -> WebhookOptions {
        WebhookOptions(
            secrets: [try WebhookSecret(Self.secret)], timeout: .seconds(60), maxAttempts: maxAttempts, retry: retry,
            allowed: AddressRange.all)
    }

    /// A worker of the jobs and of the hooks.
    func worker(_ sender: WebhookSender) -> Worker {
        let worker = Worker(
            client, queues: [Queue("work", concurrency: 20), Queue(Notify.queue, concurrency: 20)],
            options: WorkerOptions(grace: .seconds(60)),
            logger: Logger(label: "sluice.worker") { _ in SwiftLogNoOpLogHandler() })
        worker.handle(Told.self) { (job: Told, context: JobContext) -> Int in
            for step in 0..<job.steps { try await context.progress(Double(step) / Double(job.steps), note: "step \(step)") }
            if job.fails { throw ToldFailure() }
            return job.steps
        }
        worker.deliverWebhooks(by: sender)
        return worker
    }

    /// Lets workers run while `body` does, then stops them.
    func running(_ sender: WebhookSender, body: () async throws -> Void) async throws {
        let worker = worker(sender)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            try await body()
            group.cancelAll()
            try await group.waitForAll()
        }
        await sender.close()
    }

    /// Waits until so many notifications are in a state.
    func hooks(_ state: JobState, are number: Int) async -> Bool {
        await queues.eventually(in: Notify.queue, within: .seconds(120)) {
            try await inspector.status(of: Notify.queue).totals[state.rawValue] == number
        }
    }
}
