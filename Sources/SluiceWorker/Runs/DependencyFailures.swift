public import SluiceCore

/// Tells the failures of a dependency from those of a job: errors that match make the job wait for the dependency, as if its
/// handler had thrown ``DependencyUnavailable``.
///
/// ```swift
/// Worker(sluice, queues: [Queue("films")]) {
///     DependencyFailures("tmdb") { error in (error as? HTTPError)?.status == 503 }
/// }
/// ```
/// A wait that the error asks for, by ``RetryAfter``, is kept to.
public struct DependencyFailures: JobMiddleware {
    private let dependency: String
    private let matches: @Sendable (any Error) -> Bool

    /// Names what jobs need, or a partition of theirs, and the errors that are its fault.
    public init(_ dependency: String, _ matches: @escaping @Sendable (any Error) -> Bool) {
        self.dependency = dependency
        self.matches = matches
    }

    /// Runs what is further in, and turns errors that match. What says already how the run is to end passes as it is.
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
    /// Finds one in an error, which may wrap it. The outermost wish for a wait counts.
    init?(in error: any Error) {
        var wait: Duration?
        var next: (any Error)? = error
        // Bounded, for an error may name itself as its cause.
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
