public import SluiceCore

/// Jobs of one kind with similar last errors.
public struct ErrorGroup: Sendable, Hashable {
    /// The name of the jobs' kind.
    public var kind: String
    /// The message of the last error, with numbers and ids replaced by `#`; empty for jobs without an error.
    public var error: String
    /// The number of jobs.
    public var count: Int
    /// The id of one of the jobs.
    public var example: JobID
}
