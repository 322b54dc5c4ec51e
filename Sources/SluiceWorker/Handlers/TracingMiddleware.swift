import ServiceContextModule
import Sluice
public import SluiceCore
import Tracing

/// Adds a span around each run, as part of the trace in which the job was enqueued.
public struct TracingMiddleware: JobMiddleware {
    /// Uses the tracer that the program has bootstrapped.
    public init() {}

    /// Runs the next step within a consumer span.
    /// - Throws: The error of the next step, unchanged.
    @concurrent
    public func run(_ context: JobContext, next: Next) async throws -> JobResult {
        let parent = TraceHeaders.context(of: context.trace) ?? .topLevel
        return try await withSpan("run \(context.kind)", context: parent, ofKind: .consumer) {
            span -> Result<JobResult, any Error> in
            span.attributes["messaging.destination.name"] = context.queue.text
            span.attributes["messaging.message.id"] = context.id.text
            span.attributes["sluice.attempt"] = context.attempt
            if context.redaction.isEmpty { return .success(try await next(context)) }
            // The span records thrown errors unmasked, so none is thrown out of it.
            do {
                return .success(try await next(context))
            } catch {
                span.recordError(MaskedError(description: context.redacted("\(error)")))
                span.setStatus(SpanStatus(code: .error))
                return .failure(error)
            }
        }.get()
    }

    /// An error with redacted values masked, for the trace.
    private struct MaskedError: Error, CustomStringConvertible {
        var description: String
    }
}
