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
}

extension Job {
    /// The defaults.
    public static var options: JobOptions { JobOptions() }

    /// None.
    public var partitions: Partitions { Partitions() }

    /// None.
    public var chain: Chain? { nil }
}

/// The output of jobs that have none.
public struct NoOutput: Codable, Hashable, Sendable {
    /// The only value.
    public init() {}
}
