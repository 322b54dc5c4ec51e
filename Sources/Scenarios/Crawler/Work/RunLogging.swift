import ScenarioSupport
import Sluice
import SluiceWorker

/// Writes down the start and the end of each run that is looked at.
struct RunLogging: JobMiddleware {
    let log: RunLog
    let scale: Scale

    @concurrent
    func run(_ context: JobContext, next: JobMiddleware.Next) async throws -> JobResult {
        guard isLookedAt(context) else { return try await next(context) }
        log.write(.start, context)
        do {
            let result = try await next(context)
            log.write(.end, context, note: "ok")
            return result
        } catch {
            log.write(.end, context, note: note(of: error))
            throw error
        }
    }

    private func isLookedAt(_ context: JobContext) -> Bool {
        guard context.kind == Classify.kind, let number = Item.parts(of: context.id.text)?.number else { return true }
        return number % scale.sample == 0 || number < scale.sample || number >= scale.items
    }

    private func note(of error: any Error) -> String {
        switch error {
        case let error as DependencyUnavailable: "unavailable:" + error.dependency
        case is CancellationError: "cut"
        default: "failed"
        }
    }
}
