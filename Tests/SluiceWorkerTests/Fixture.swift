import Logging
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceTesting
import SluiceWorker
import TestSupport

/// A job with a number, whose waits are round.
struct Numbered: Job {
    static let kind = "numbered"
    static let options = JobOptions(queue: "work", maxAttempts: 3, retry: .fixed(.seconds(10)), keepsResult: true)
    typealias Output = Int
    var number = 0
}

struct Failure: Error {}

/// A namespace, a client and workers in it.
struct Fixture {
    let queues: TestNamespace
    let client: SluiceClient
    let inspector: Inspector
    let queue: QueueName = "work"

    init(_ clock: TestNamespace.Clock = .virtual, through url: String? = nil, on server: RedisTestServer? = nil) async throws {
        if let server {
            queues = try await TestNamespace(on: server, clock: clock)
        } else {
            queues = try await TestNamespace(clock: clock)
        }
        client = try await Self.client(of: queues, through: url)
        inspector = Inspector(queues.store)
    }

    /// One more client.
    func client(
        through url: String? = nil, _ change: (inout SluiceClient.Options) throws -> Void = { _ in }
    ) async throws -> SluiceClient {
        try await Self.client(of: queues, through: url, change)
    }

    private static func client(
        of queues: TestNamespace, through url: String? = nil, _ change: (inout SluiceClient.Options) throws -> Void = { _ in }
    ) async throws -> SluiceClient {
        var options = SluiceClient.Options()
        options.namespace = queues.namespace
        try change(&options)
        return try await SluiceClient(.url(url ?? queues.url), options: options)
    }

    /// A worker of the queue that does not make a test wait when it ends.
    func worker(
        _ concurrency: Int = 4, ack: Queue.AckMode = .batched, grace: Duration = .zero, client: SluiceClient? = nil,
        lease: Duration = .seconds(30), limits: [Limit] = [], deploy: Int = 0, log: LogRecorder? = nil,
        @JobMiddlewareBuilder middleware: () -> [any JobMiddleware] = { [] }
    ) -> Worker {
        let options = WorkerOptions(lease: lease, grace: grace, cancellationGrace: .seconds(2), maxThreads: 8)
        let queue = Queue(queue, concurrency: concurrency, ack: ack, limits: limits, deploy: deploy)
        let logger = log?.logger ?? Logger(label: "sluice.worker")
        return Worker(client ?? self.client, queues: [queue], options: options, logger: logger, middleware: middleware)
    }

    /// Lets workers run while `body` does, then stops them.
    func running<Result>(_ workers: Worker..., body: () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in workers { group.addTask { try await worker.run() } }
            let result = try await body()
            group.cancelAll()
            try await group.waitForAll()
            return result
        }
    }

    func enqueue(_ number: Int = 0, _ change: (inout JobRequest) -> Void = { _ in }) async throws -> JobID {
        var request = try JobRequest(Numbered(number: number))
        change(&request)
        return try await client.enqueue(request).id
    }

    func details(_ id: JobID) async throws -> JobDetails? { try await inspector.job(id, in: queue) }

    func state(_ id: JobID) async throws -> JobState? { try await details(id)?.state }

    /// Waits for the state of a job.
    func becomes(_ id: JobID, _ state: JobState) async -> Bool {
        await queues.eventually(in: queue) { try await self.state(id) == state }
    }

    /// Waits until so many jobs are in a state.
    func count(_ state: JobState, is number: Int, within limit: Duration = .seconds(300)) async -> Bool {
        await queues.eventually(in: queue, within: limit) { try await inspector.status(of: queue).states[state] == number }
    }

    func total(_ name: String) async throws -> Int { try await inspector.status(of: queue).totals[name, default: 0] }

    /// What the audit finds wrong, and what is left of runs and workers.
    func leftovers() async throws -> [String] {
        let audit = try await inspector.audit(queue).violations.map { "\($0.invariant) \($0.what)" }
        let keys = try await queues.dump().keys.filter { key in
            ["executing", "held:", "cancel:", "wait:", "lanes", "ready", "suspects", "where", "parked:", "gate:", "reserve"]
                .contains { key.contains(":" + $0) }
        }
        return audit + keys.sorted()
    }
}
