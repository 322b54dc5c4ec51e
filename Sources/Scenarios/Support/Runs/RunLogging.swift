package import SluiceWorker

/// Writes down the start and the end of each run, of members of chunks as well.
package struct RunLogging: JobMiddleware {
    private let log: RunLog
    private let isLookedAt: @Sendable (JobContext) -> Bool
    private let note: @Sendable (any Error) -> String

    /// - Parameters:
    ///   - isLookedAt: the runs that are written down; all by default.
    ///   - note: the word for a run that threw.
    package init(
        log: RunLog, isLookedAt: @escaping @Sendable (JobContext) -> Bool = { _ in true },
        note: @escaping @Sendable (any Error) -> String = { _ in "threw" }
    ) {
        self.log = log
        self.isLookedAt = isLookedAt
        self.note = note
    }

    @concurrent
    package func run(_ context: JobContext, next: JobMiddleware.Next) async throws -> JobResult {
        guard isLookedAt(context) else { return try await next(context) }
        log.write(.start, context)
        do {
            let result = try await next(context)
            log.write(.end, context, note: "ok")
            return result
        } catch {
            log.write(.end, context, note: note(error))
            throw error
        }
    }
}
