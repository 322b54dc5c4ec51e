import Sluice
import SluiceCore
import SluiceWorker

/// The measured job: arguments of a chosen size, decoded as in any program.
struct BenchJob: Job {
    static let kind = "bench"
    var number: Int
    var text: String

    /// The text for arguments of about `bytes` bytes of JSON.
    static func text(payload bytes: Int) -> String { String(repeating: "x", count: max(bytes - 30, 1)) }
}

/// One middleware, as most programs have.
struct BenchMiddleware: JobMiddleware {
    @concurrent
    func run(_ context: JobContext, next: Next) async throws -> JobResult { try await next(context) }
}
