public import SluiceCore

extension Worker {
    // A closure of several statements without a result fits all three forms; the one without output is preferred.

    /// Runs jobs of a kind. The handler returns the output; an error that it throws fails the attempt.
    @_disfavoredOverload
    public func handle<Kind: Job>(
        _ kind: Kind.Type, _ body: @escaping @concurrent @Sendable (Kind, JobContext) async throws -> Kind.Output
    ) {
        register(Kind.kind, of: Kind.options.queue, Handler(kind) { job, context in .completed(try await body(job, context)) })
    }

    /// Runs jobs of a kind without an output. An error that the handler throws fails the attempt.
    public func handle<Kind: Job>(
        _ kind: Kind.Type, _ body: @escaping @concurrent @Sendable (Kind, JobContext) async throws -> Void
    ) where Kind.Output == NoOutput {
        register(
            Kind.kind, of: Kind.options.queue,
            Handler(kind) { job, context in
                try await body(job, context)
                return .completed(NoOutput())
            })
    }

    /// Runs jobs of a kind, by a handler that returns the outcome of the run.
    @_disfavoredOverload
    public func handle<Kind: Job>(
        _ kind: Kind.Type, _ body: @escaping @concurrent @Sendable (Kind, JobContext) async throws -> Outcome<Kind.Output>
    ) {
        register(Kind.kind, of: Kind.options.queue, Handler(kind, body: body))
    }

    /// Runs jobs of all kinds without a handler of their own. Arguments and output are JSON.
    public func handleOthers(
        options: JobOptions = JobOptions(),
        _ body: @escaping @concurrent @Sendable (_ arguments: [UInt8], JobContext) async throws -> JobResult
    ) {
        register(fallback: Handler(options: options, body: body))
    }

    /// Runs jobs of a kind. Arguments and output are JSON.
    package func handle(
        kind: String, options: JobOptions,
        _ body: @escaping @concurrent @Sendable (_ arguments: [UInt8], JobContext) async throws -> JobResult
    ) {
        register(kind, Handler(options: options, body: body))
    }

    /// Observes every run of this process once Redis has recorded its outcome. It makes no calls to Redis, and has no effect on
    /// the job, even if the observer throws.
    ///
    /// A run whose worker died is reported by the worker that recovers the job. Each run is reported at most once: reports are
    /// lost with their process, so put effects that must not be missed into a follow-up job. A job that ends without a run, by a
    /// cancel or delete, is not reported.
    public func afterProcess(_ observer: @escaping @concurrent @Sendable (ProcessedJob) async throws -> Void) {
        register(observer)
    }
}
