#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// The arguments of a piece of work that a worker does later. Producers and workers share the type; the handler belongs to the
/// worker.
///
/// ```swift
/// struct Resize: Job {
///     static let kind = "resize"
///     static let options = JobOptions(queue: "images", maxAttempts: 5, timeout: .seconds(30))
///     var url: String
/// }
/// ```
public protocol Job: Codable, Sendable {
    /// The handler's return type. The value is kept as the job's result if `JobOptions.keepsResult` is set.
    associatedtype Output: Codable & Sendable = NoOutput

    /// The name of the kind in Redis: 1 to 128 bytes of UTF-8 without control characters. Keep it stable across versions of the
    /// program.
    static var kind: String { get }

    /// Defaults for jobs of this kind. By default `JobOptions()`.
    static var options: JobOptions { get }

    /// The partitions of the job, for limits and fairness. None by default.
    var partitions: Partitions { get }

    /// The chain that the job belongs to. None by default.
    var chain: Chain? { get }

    /// The version of the arguments, 1 by default. Raise it with a change that older jobs or older workers could not read. A
    /// worker leaves jobs of a newer version than its own to others, and calls ``migrate(_:from:)`` for older ones.
    static var version: Int { get }

    /// Decodes arguments, as JSON, that an older version of the kind has written. Called before the handler; an error it throws
    /// counts as the handler's. By default decodes them as if they were of this version.
    static func migrate(_ arguments: Data, from version: Int) throws -> Self
}

extension Job {
    /// The default options.
    public static var options: JobOptions { JobOptions() }

    /// None by default.
    public var partitions: Partitions { Partitions() }

    /// None by default.
    public var chain: Chain? { nil }

    /// 1, the first version.
    public static var version: Int { 1 }

    /// Decodes the arguments as if they were of this version.
    /// - Throws: `DecodingError` if they do not fit.
    public static func migrate(_ arguments: Data, from version: Int) throws -> Self {
        try JSONDecoder().decode(Self.self, from: arguments)
    }
}

/// The output of jobs that return nothing.
public struct NoOutput: Codable, Hashable, Sendable {
    /// Makes the only value.
    public init() {}
}
