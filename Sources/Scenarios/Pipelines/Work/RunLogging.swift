import ScenarioSupport
import Sluice
import SluiceWorker

/// Writes down each run, of members of chunks as well.
struct RunLogging: JobMiddleware {
    let log: RunLog

    @concurrent
    func run(_ context: JobContext, next: JobMiddleware.Next) async throws -> JobResult {
        log.write(.start, context)
        do {
            let result = try await next(context)
            log.write(.end, context)
            return result
        } catch {
            log.write(.end, context, note: "threw")
            throw error
        }
    }
}
