import Logging
import Sluice
import SluiceCore
import SluiceStore

/// Runs a job: decodes its spec, finds its handler, goes through the middleware, and returns the end of the run as a value.
///
/// A class, since each run and its context refer to it.
final class Pipeline: Sendable {
    let queue: QueueName
    let worker: WorkerID
    let store: Store
    let logger: Logger
    let payload: PayloadRules
    private let workflows: WorkflowAccess
    private let metrics: RunMetrics?
    private let handlers: [String: Handler]
    private let fallback: Handler?
    private let middleware: [any JobMiddleware]
    /// The gatherers of kinds that run in chunks.
    let gatherings: [any ChunkGathering]

    init(
        queue: QueueName, worker: WorkerID, store: Store, logger: Logger, payload: PayloadRules, workflows: WorkflowAccess,
        handlers: [String: Handler],
        fallback: Handler?, middleware: [any JobMiddleware], metrics: RunMetrics?
    ) {
        self.queue = queue
        self.worker = worker
        self.store = store
        self.logger = logger
        self.payload = payload
        var workflows = workflows
        workflows.encryptedKinds = Set(handlers.filter(\.value.options.isEncrypted).keys)
        self.workflows = workflows
        self.metrics = metrics
        self.fallback = fallback
        self.middleware = middleware
        self.gatherings = handlers.values.compactMap(\.gathering)
        self.handlers = handlers.mapValues { Self.wrap($0, in: middleware) }
    }

    /// The kinds that this worker handles, for people; `*` for all kinds.
    var kinds: [String] { fallback == nil ? handlers.keys.sorted() : ["*"] }

    /// Wraps a handler in the middleware once, at boot.
    private static func wrap(_ handler: Handler, in middleware: [any JobMiddleware]) -> Handler {
        if middleware.isEmpty { return handler }
        return Handler(options: handler.options, version: handler.version, gathering: handler.gathering) { arguments, context in
            var next: JobMiddleware.Next = { context in try await handler.body(arguments, context) }
            for layer in middleware.reversed() {
                let inner = next
                next = { context in try await layer.run(context, next: inner) }
            }
            return try await next(context)
        }
    }

    /// Runs a job and reports its end. Errors are part of the report. If the run has a time limit, the mailbox learns when its
    /// time starts.
    func run(_ job: ClaimedJob, _ mailbox: Mailbox) async -> RunReport {
        let spec: JobSpec
        do {
            spec = try job.decodeSpec()
        } catch {
            return RunReport(job, kind: "?", maxAttempts: 1, retry: .fixed(.zero), result: .unreadable(error.message))
        }
        metrics?.began(job, of: spec.kind)
        guard let handler = handlers[spec.kind] ?? fallback.map({ Self.wrap($0, in: middleware) }) else {
            return RunReport(job, kind: spec.kind, maxAttempts: 1, retry: .fixed(.zero), result: .unknownKind)
        }
        let arguments: [UInt8]
        do throws(RunFailure) {
            arguments = try readable(spec, of: job.id, by: handler)
        } catch {
            return RunReport(job, kind: spec.kind, maxAttempts: 1, retry: .fixed(.zero), result: .parked(error))
        }
        return await run(job, spec, arguments, by: handler, mailbox)
    }

    /// The arguments, decrypted if need be.
    /// - Throws: The reason why this worker cannot read them; another worker may be able to.
    private func readable(_ spec: JobSpec, of job: JobID, by handler: Handler) throws(RunFailure) -> [UInt8] {
        if let newest = handler.version, spec.version > newest {
            throw RunFailure(
                type: "newerVersion",
                message: "its arguments are of version \(spec.version), and this worker reads up to version \(newest)")
        }
        do throws(SluiceError) {
            if let sealed = spec.sealed {
                return try payload.open(sealed, as: .arguments(spec.kind, of: SealOwner(job, in: queue)))
            }
            if handler.options.isEncrypted || payload.requiresEncryption { throw PayloadRules.stripped("what the job carries") }
            return spec.arguments
        } catch {
            throw RunFailure(type: "undecryptable", message: error.message)
        }
    }

    private func run(
        _ job: ClaimedJob, _ spec: JobSpec, _ arguments: [UInt8], by handler: Handler, _ mailbox: Mailbox
    ) async -> RunReport {
        let limit = spec.timeout ?? handler.options.timeout
        let maxAttempts = max(spec.maxAttempts ?? handler.options.maxAttempts, 1)
        let runLimit = limit.map { limit in
            RunLimit(
                id: job.id, fence: job.fence, limit: limit, kind: spec.kind, maxAttempts: maxAttempts,
                retry: handler.options.retry)
        }
        let ticket = handler.gathering == nil ? nil : ChunkTicket(mailbox, limit: runLimit)
        if ticket == nil, let runLimit { mailbox.post(runLimit) }
        let redaction = spec.redacted.isEmpty ? .none : Redaction(spec.redacted, in: arguments)
        let context = context(of: job, spec, redaction, maxAttempts: maxAttempts, limit: limit, ticket)
        let start = ContinuousClock.now
        var report = RunReport(
            job, kind: spec.kind, maxAttempts: maxAttempts, maxWaits: spec.maxWaits ?? handler.options.maxWaits,
            retry: handler.options.retry, result: .unknownKind)
        do {
            let outcome = try await handler.body(arguments, context)
            report.sealed = try sealed(outcome, context)
            report.result = checked(outcome, report.sealed)
            if !redaction.isEmpty { report.result = report.result.masked(redaction.masking) }
        } catch {
            report.result = RunReport.Result(error, masked: mask(redaction, ticket))
        }
        report.duration = Self.duration(since: start, ticket)
        report.committed = context.jobs.finish()
        return report
    }

    /// Masks redacted values in the text of an error. An error that all members of a chunk share may hold values of each.
    private func mask(_ own: Redaction, _ ticket: ChunkTicket?) -> (String) -> String {
        let all = [own] + (ticket?.sharedRedactions ?? [])
        return { text in all.reduce(text) { $1.masking($0) } }
    }

    /// The output as Redis stores it, if that differs from the plain output.
    private func sealed(_ outcome: JobResult, _ context: JobContext) throws(SluiceError) -> [UInt8]? {
        guard context.isEncrypted, case .completed(let output) = outcome, let text = output.text else { return nil }
        return try payload.seal(text, as: .output(context.id)).encoded
    }

    /// The duration of a run, without the time in which its chunk gathered.
    private static func duration(since start: ContinuousClock.Instant, _ ticket: ChunkTicket?) -> Duration {
        let now = ContinuousClock.now
        guard let ticket else { return now - start }
        return ticket.startedAt.map { now - $0 } ?? .zero
    }

    /// Turns a result above the payload limit into a failed attempt.
    private func checked(_ outcome: JobResult, _ sealed: [UInt8]?) -> RunReport.Result {
        let limit = min(payload.limit, Settlement.largestResult)
        guard case .completed(let output) = outcome, let bytes = (sealed ?? output.text)?.count, bytes > limit else {
            return .outcome(outcome)
        }
        let message = "the result of \(bytes) bytes is above the limit of \(limit)"
        return .failed(RunFailure(type: "ResultTooLarge", message: message))
    }

    private func context(
        of job: ClaimedJob, _ spec: JobSpec, _ redaction: Redaction, maxAttempts: Int, limit: Duration?, _ ticket: ChunkTicket?
    ) -> JobContext {
        JobContext(
            id: job.id, kind: spec.kind, version: spec.version, partitions: spec.partitions, chain: spec.chain,
            batch: spec.batch,
            without: job.without, attempt: job.attempt, maxAttempts: maxAttempts, fence: job.fence,
            deadline: ticket == nil ? limit.map { ContinuousClock.now + $0 } : nil, availableSince: job.availableSince,
            claimedAt: job.claimedAt, trace: spec.trace, workflow: WorkflowContext(spec, workflows), pipeline: self,
            isEncrypted: spec.key != nil, redaction: redaction, jobs: RunJobs(), ticket: ticket)
    }
}
