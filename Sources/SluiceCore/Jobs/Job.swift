#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A piece of work to be done later, elsewhere: its arguments. Producers and workers share the type; the handler lives with
/// the worker.
///
/// ```swift
/// struct Resize: Job {
///     static let kind = "resize"
///     static let options = JobOptions(queue: "images", maxAttempts: 5, timeout: .seconds(30))
///     var url: String
/// }
/// ```
public protocol Job: Codable, Sendable {
    /// What a handler returns; kept as the job's result where the options say so.
    associatedtype Output: Codable & Sendable = NoOutput

    /// The name of the kind in Redis: 1 to 128 characters, stable over versions of the program.
    static var kind: String { get }

    /// How jobs of this kind are treated. The defaults unless given.
    static var options: JobOptions { get }

    /// What the job is about, for limits and fairness. None unless given.
    var partitions: Partitions { get }

    /// The chain it belongs to, whose jobs run one after another. None unless given.
    var chain: Chain? { get }

    /// The version of its arguments, 1 unless given. Raise it with a change that older jobs or older workers could not read: a
    /// worker leaves jobs of a newer version than its own to others, and asks ``migrate(_:from:)`` about older ones.
    static var version: Int { get }

    /// Reads arguments that an older version of the kind has written, as JSON. Called before the handler; an error counts as one of
    /// the handler. Unless given they are read as if they were of this version.
    static func migrate(_ arguments: Data, from version: Int) throws -> Self
}

extension Job {
    /// The defaults.
    public static var options: JobOptions { JobOptions() }

    /// None.
    public var partitions: Partitions { Partitions() }

    /// None.
    public var chain: Chain? { nil }

    /// The first.
    public static var version: Int { 1 }

    /// Reads them as if they were of this version.
    public static func migrate(_ arguments: Data, from version: Int) throws -> Self {
        try JSONDecoder().decode(Self.self, from: arguments)
    }
}

/// The output of jobs that have none.
public struct NoOutput: Codable, Hashable, Sendable {
    /// The only value.
    public init() {}
}
