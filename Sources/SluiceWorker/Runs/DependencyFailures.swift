public import SluiceCore

/// Middleware that tells failures of a dependency from those of a job. An error that matches makes the job wait for the
/// dependency, as if its handler had thrown ``DependencyUnavailable``.
///
/// ```swift
/// Worker(sluice, queues: [Queue("films")]) {
///     DependencyFailures("tmdb") { error in (error as? HTTPError)?.status == 503 }
/// }
/// ```
/// If the error asks for a wait, by ``RetryAfter``, that wait is kept.
public struct DependencyFailures: JobMiddleware {
    private let dependency: String
    private let matches: @Sendable (any Error) -> Bool

    /// Takes the name of a dependency, or of a partition of the jobs, and a test for the errors that it causes.
    public init(_ dependency: String, _ matches: @escaping @Sendable (any Error) -> Bool) {
        self.dependency = dependency
        self.matches = matches
    }

    /// Runs the next step, and translates errors that match.
    /// - Throws: ``DependencyUnavailable`` for an error that matches; other errors unchanged, also those that ask for an outcome.
    @concurrent
    public func run(_ context: JobContext, next: Next) async throws -> JobResult {
        do {
            return try await next(context)
        } catch let error where isPlain(error) && matches(error) {
            throw DependencyUnavailable(dependency, retryAfter: (error as? any RetryAfter)?.retryAfter, reason: "\(error)")
        }
    }

    private func isPlain(_ error: any Error) -> Bool {
        !(error is JobInterruption) && !(error is CancellationError) && DependencyUnavailable(in: error) == nil
    }
}

extension DependencyUnavailable {
    /// Finds a ``DependencyUnavailable`` in an error, which may wrap it. The outermost wait counts.
    init?(in error: any Error) {
        var wait: Duration?
        var next: (any Error)? = error
        // Bounded, since an error may name itself as its cause.
        for _ in 0..<16 {
            guard let error = next else { return nil }
            if var found = error as? DependencyUnavailable {
                found.retryAfter = wait ?? found.retryAfter
                self = found
                return
            }
            let wrapper = error as? any RetryAfter
            wait = wait ?? wrapper?.retryAfter
            next = wrapper?.cause
        }
        return nil
    }
}
