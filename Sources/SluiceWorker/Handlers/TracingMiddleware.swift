import ServiceContextModule
import Sluice
public import SluiceCore
import Tracing

/// A span around each run, joined to the trace of whoever enqueued the job.
public struct TracingMiddleware: JobMiddleware {
    /// Uses the tracer that the program has bootstrapped.
    public init() {}

    /// Runs what is further in within a consumer span.
    @concurrent
    public func run(_ context: JobContext, next: Next) async throws -> JobResult {
        let parent = TraceHeaders.context(of: context.trace) ?? .topLevel
        return try await withSpan("run \(context.kind)", context: parent, ofKind: .consumer) {
            span -> Result<JobResult, any Error> in
            span.attributes["messaging.destination.name"] = context.queue.text
            span.attributes["messaging.message.id"] = context.id.text
            span.attributes["sluice.attempt"] = context.attempt
            if context.redaction.isEmpty { return .success(try await next(context)) }
            // What is thrown out of a span is recorded as it is.
            do {
                return .success(try await next(context))
            } catch {
                span.recordError(MaskedError(description: context.redacted("\(error)")))
                span.setStatus(SpanStatus(code: .error))
                return .failure(error)
            }
        }.get()
    }

    /// An error as a trace may show it.
    private struct MaskedError: Error, CustomStringConvertible {
        var description: String
    }
}
