public import SluiceCore

/// A wrapper around every handler, for logging, tracing or transactions. The first one in the list is the outermost.
///
/// ```swift
/// struct Timing: JobMiddleware {
///     func run(_ context: JobContext, next: JobMiddleware.Next) async throws -> JobResult {
///         let start = ContinuousClock.now
///         defer { context.logger.info("took \(ContinuousClock.now - start)") }
///         return try await next(context)
///     }
/// }
/// ```
public protocol JobMiddleware: Sendable {
    /// The next step: the rest of the middleware, and then the handler.
    typealias Next = @concurrent @Sendable (JobContext) async throws -> JobResult

    /// Runs the next step, with work before or after it, or does something else instead.
    /// - Throws: Any error; it counts as an error of the handler.
    @concurrent
    func run(_ context: JobContext, next: Next) async throws -> JobResult
}

/// The outcome of a handler, with its output as JSON if that is kept.
public typealias JobResult = Outcome<JSONOutput>

/// An output as JSON text.
public struct JSONOutput: Sendable, Hashable {
    /// The text in UTF-8; nil if the job keeps no result.
    public var text: [UInt8]?

    /// Wraps the text.
    public init(text: [UInt8]?) { self.text = text }
}

/// Builds a list of middleware, one per line.
@resultBuilder
public enum JobMiddlewareBuilder {
    /// Wraps a single middleware.
    public static func buildExpression(_ middleware: some JobMiddleware) -> [any JobMiddleware] { [middleware] }
    /// Joins the lines.
    public static func buildBlock(_ parts: [any JobMiddleware]...) -> [any JobMiddleware] { parts.flatMap { $0 } }
    /// Supports `if` without `else`.
    public static func buildOptional(_ part: [any JobMiddleware]?) -> [any JobMiddleware] { part ?? [] }
    /// Supports the `if` branch.
    public static func buildEither(first: [any JobMiddleware]) -> [any JobMiddleware] { first }
    /// Supports the `else` branch.
    public static func buildEither(second: [any JobMiddleware]) -> [any JobMiddleware] { second }
}
