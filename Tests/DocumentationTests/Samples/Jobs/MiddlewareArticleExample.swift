import Logging
import Sluice
import SluiceWorker

struct Letter: Job {
    static let kind = "letter"
    static let options = JobOptions(queue: "letters", needs: ["post"])
    var account: String
    var text: String
    var partitions: Partitions { ["account": account] }
}

/// The post office does not answer.
struct PostIsClosed: Error {}

/// Logs how long each run took, and how it ended.
struct Timing: JobMiddleware {
    func run(_ context: JobContext, next: Next) async throws -> JobResult {
        let start = ContinuousClock.now
        do {
            let result = try await next(context)
            context.logger.info("ended after \(ContinuousClock.now - start)")
            return result
        } catch {
            context.logger.warning("failed after \(ContinuousClock.now - start): \(context.redacted("\(error)"))")
            throw error
        }
    }
}

/// Lets jobs of suspended accounts wait for an hour. Their handlers do not run.
struct SuspendedAccounts: JobMiddleware {
    var isSuspended: @Sendable (_ account: String) async throws -> Bool

    func run(_ context: JobContext, next: Next) async throws -> JobResult {
        if let account = context.partitions.values["account"], try await isSuspended(account) {
            return .snooze(for: .seconds(3600))
        }
        return try await next(context)
    }
}

func postOffice(
    _ sluice: SluiceClient, isSuspended: @escaping @Sendable (_ account: String) async throws -> Bool,
    send: @escaping @Sendable (_ text: String) async throws -> Void
) -> Worker {
    let worker = Worker(sluice, queues: [Queue("letters")]) {
        TracingMiddleware()
        Timing()
        SuspendedAccounts(isSuspended: isSuspended)
        DependencyFailures("post") { $0 is PostIsClosed }
    }
    worker.handle(Letter.self) { job, context in try await send(job.text) }
    return worker
}
