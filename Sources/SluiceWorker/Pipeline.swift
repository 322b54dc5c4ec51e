import Logging
import Sluice
import SluiceCore
import SluiceStore

/// Runs a job: reads its spec, finds its handler, goes through the middleware, and tells how the run ended as a value.
struct Pipeline: Sendable {
    let queue: QueueName
    let worker: WorkerID
    let store: Store
    let logger: Logger
    /// The largest result that is kept, and the largest job that a run may enqueue, in bytes.
    private let resultLimit: Int
    private let workflows: WorkflowAccess
    private let handlers: [String: Handler]
    private let fallback: Handler?
    private let middleware: [any JobMiddleware]
    /// Where runs of kinds that run in chunks wait for each other.
    let gatherings: [any ChunkGathering]

    init(
        queue: QueueName, worker: WorkerID, store: Store, logger: Logger, resultLimit: Int, workflows: WorkflowAccess,
        handlers: [String: Handler],
        fallback: Handler?, middleware: [any JobMiddleware]
    ) {
        self.queue = queue
        self.worker = worker
        self.store = store
        self.logger = logger
        self.resultLimit = resultLimit
        self.workflows = workflows
        self.fallback = fallback
        self.middleware = middleware
        self.gatherings = handlers.values.compactMap(\.gathering)
        self.handlers = handlers.mapValues { Self.wrap($0, in: middleware) }
    }

    /// The kinds that are handled here, for people; `*` if it is all of them.
    var kinds: [String] { fallback == nil ? handlers.keys.sorted() : ["*"] }

    /// Puts the middleware around a handler once, at boot.
    private static func wrap(_ handler: Handler, in middleware: [any JobMiddleware]) -> Handler {
        if middleware.isEmpty { return handler }
        return Handler(options: handler.options, gathering: handler.gathering) { arguments, context in
            var next: JobMiddleware.Next = { context in try await handler.body(arguments, context) }
            for layer in middleware.reversed() {
                let inner = next
                next = { context in try await layer.run(context, next: inner) }
            }
            return try await next(context)
        }
    }

    /// Never throws: how a run ends is a value. The mailbox is told of a run that has a limit, when its time starts to run.
    func run(_ job: ClaimedJob, _ mailbox: Mailbox) async -> RunReport {
        let spec: JobSpec
        do {
            spec = try job.decodeSpec()
        } catch {
            return RunReport(job, kind: "?", maxAttempts: 1, retry: .fixed(.zero), result: .unreadable(error.message))
        }
        guard let handler = handlers[spec.kind] ?? fallback.map({ Self.wrap($0, in: middleware) }) else {
            return RunReport(job, kind: spec.kind, maxAttempts: 1, retry: .fixed(.zero), result: .unknownKind)
        }
        let limit = spec.timeout ?? handler.options.timeout
        let maxAttempts = max(spec.maxAttempts ?? handler.options.maxAttempts, 1)
        let runLimit = limit.map { limit in
            RunLimit(
                id: job.id, fence: job.fence, limit: limit, kind: spec.kind, maxAttempts: maxAttempts,
                retry: handler.options.retry)
        }
        let ticket = handler.gathering == nil ? nil : ChunkTicket(mailbox, limit: runLimit)
        if ticket == nil, let runLimit { mailbox.post(runLimit) }
        let context = context(of: job, spec, maxAttempts: maxAttempts, limit: limit, ticket)
        let start = ContinuousClock.now
        let result: RunReport.Result
        do {
            result = checked(try await handler.body(spec.arguments, context))
        } catch {
            result = .failed(RunFailure(error))
        }
        var report = RunReport(
            job, kind: spec.kind, maxAttempts: maxAttempts, maxWaits: spec.maxWaits ?? handler.options.maxWaits,
            retry: handler.options.retry, result: result, duration: Self.duration(since: start, ticket))
        report.committed = context.jobs.finish()
        return report
    }

    /// How long a run took. The time in which its chunk gathered does not count.
    private static func duration(since start: ContinuousClock.Instant, _ ticket: ChunkTicket?) -> Duration {
        let now = ContinuousClock.now
        guard let ticket else { return now - start }
        return ticket.startedAt.map { now - $0 } ?? .zero
    }

    /// A result that Redis would choke on makes the run one that ended badly.
    private func checked(_ outcome: JobResult) -> RunReport.Result {
        guard case .completed(let output) = outcome, let bytes = output.text?.count, bytes > resultLimit else {
            return .outcome(outcome)
        }
        let message = "the result of \(bytes) bytes is above the limit of \(resultLimit)"
        return .failed(RunFailure(type: "ResultTooLarge", message: message))
    }

    private func context(of job: ClaimedJob, _ spec: JobSpec, maxAttempts: Int, limit: Duration?, _ ticket: ChunkTicket?)
        -> JobContext
    {
        JobContext(
            id: job.id, kind: spec.kind, queue: queue, partitions: spec.partitions, chain: spec.chain, batch: spec.batch,
            without: job.without, attempt: job.attempt, maxAttempts: maxAttempts, fence: job.fence,
            deadline: ticket == nil ? limit.map { ContinuousClock.now + $0 } : nil, availableSince: job.availableSince,
            claimedAt: job.claimedAt, trace: spec.trace, workflow: WorkflowContext(spec, workflows), worker: worker, store: store,
            payloadLimit: resultLimit, jobs: RunJobs(), baseLogger: logger, ticket: ticket)
    }
}
