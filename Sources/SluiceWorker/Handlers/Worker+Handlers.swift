public import SluiceCore

extension Worker {
    // A closure of several statements without a result fits all three: the one without output is meant then.

    /// Runs jobs of a kind. What the handler returns is the output; throwing an error means another attempt.
    @_disfavoredOverload
    public func handle<Kind: Job>(
        _ kind: Kind.Type, _ body: @escaping @concurrent @Sendable (Kind, JobContext) async throws -> Kind.Output
    ) {
        register(Kind.kind, of: Kind.options.queue, Handler(kind) { job, context in .completed(try await body(job, context)) })
    }

    /// Runs jobs of a kind that has no output.
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

    /// Runs jobs of a kind by a handler that says how each run ended.
    @_disfavoredOverload
    public func handle<Kind: Job>(
        _ kind: Kind.Type, _ body: @escaping @concurrent @Sendable (Kind, JobContext) async throws -> Outcome<Kind.Output>
    ) {
        register(Kind.kind, of: Kind.options.queue, Handler(kind, body: body))
    }

    /// Runs jobs of all kinds that have no handler of their own, from and to JSON.
    public func handleOthers(
        options: JobOptions = JobOptions(),
        _ body: @escaping @concurrent @Sendable (_ arguments: [UInt8], JobContext) async throws -> JobResult
    ) {
        register(fallback: Handler(options: options, body: body))
    }

    /// Runs jobs of a kind from and to JSON.
    package func handle(
        kind: String, options: JobOptions,
        _ body: @escaping @concurrent @Sendable (_ arguments: [UInt8], JobContext) async throws -> JobResult
    ) {
        register(kind, Handler(options: options, body: body))
    }

    /// Observes every run once Redis has recorded its outcome, in this process, without asking Redis for anything. What it does
    /// or throws changes nothing about the job.
    ///
    /// Runs whose worker died are told by the worker that takes them back. Each run is told once at most: what a process knew and
    /// did not tell is gone with it, so effects that must not be missed belong into a job that follows. A job that ends without
    /// having run, since somebody cancelled or deleted it, is none of these.
    public func afterProcess(_ observer: @escaping @concurrent @Sendable (ProcessedJob) async throws -> Void) {
        register(observer)
    }
}
