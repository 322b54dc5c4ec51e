public import SluiceCore

/// Work around every handler: logging, tracing, transactions. The first in the list is the outermost.
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
    /// The handler, with the middleware further in around it.
    typealias Next = @concurrent @Sendable (JobContext) async throws -> JobResult

    /// Runs what is further in, and may do something before and after it, or something else instead. What it throws counts as
    /// thrown by the handler.
    @concurrent
    func run(_ context: JobContext, next: Next) async throws -> JobResult
}

/// What a handler came to: its outcome, the output as JSON where it is kept.
public typealias JobResult = Outcome<JSONOutput>

/// An output as JSON text.
public struct JSONOutput: Sendable, Hashable {
    /// UTF-8; nil if the job keeps no result.
    public var text: [UInt8]?

    /// Takes the text.
    public init(text: [UInt8]?) { self.text = text }
}

/// Lists middleware, one to a line.
@resultBuilder
public enum JobMiddlewareBuilder {
    /// One line.
    public static func buildExpression(_ middleware: some JobMiddleware) -> [any JobMiddleware] { [middleware] }
    /// All lines.
    public static func buildBlock(_ parts: [any JobMiddleware]...) -> [any JobMiddleware] { parts.flatMap { $0 } }
    /// `if` without `else`.
    public static func buildOptional(_ part: [any JobMiddleware]?) -> [any JobMiddleware] { part ?? [] }
    /// `if`.
    public static func buildEither(first: [any JobMiddleware]) -> [any JobMiddleware] { first }
    /// `else`.
    public static func buildEither(second: [any JobMiddleware]) -> [any JobMiddleware] { second }
}
