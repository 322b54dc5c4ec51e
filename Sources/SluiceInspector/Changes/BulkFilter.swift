public import SluiceCore
import SluiceStore

/// Selects jobs of a queue for a bulk change. All conditions have to hold; without conditions, all jobs of the states match.
public struct BulkFilter: Sendable, Hashable {
    /// The states to cover; a repeated state counts once. Nil means ``JobChange/usualStates``.
    public var states: [JobState]?
    /// The name of the jobs' kind.
    public var kind: String?
    /// Partitions that the jobs must have; they may have others.
    public var partitions: [String: String]
    /// A part of the last error's message. The case of ASCII letters is ignored.
    public var error: String?
    /// The minimum age by the server's clock, counted from the end of a job, else from the start of its run, else from its
    /// enqueueing.
    public var olderThan: Duration?
    /// The number of matches after which to stop; nil for no limit. The order of states and times decides which jobs match first.
    public var limit: Int?

    /// Makes a filter. Omitted conditions match every job.
    public init(
        states: [JobState]? = nil, kind: String? = nil, partitions: [String: String] = [:], error: String? = nil,
        olderThan: Duration? = nil, limit: Int? = nil
    ) {
        self.states = states
        self.kind = kind
        self.partitions = partitions
        self.error = error
        self.olderThan = olderThan
        self.limit = limit
    }

    /// Converts the filter to the library's form.
    /// - Throws: `invalidArgument` for an invalid partition name, and for states that do not support the change.
    func sweep(for change: JobChange) throws(SluiceError) -> Sweep {
        for state in states ?? [] where !change.possibleStates.contains(state) {
            throw SluiceError(.invalidArgument, "cannot \(change.name) jobs that are \(state.rawValue)")
        }
        if let limit, limit < 1 { throw SluiceError(.invalidArgument, "a limit of jobs is 1 or more") }
        var parts: [String] = []
        for (name, value) in partitions.sorted(by: { $0.key < $1.key }) { parts.append(try Partitions([name: value]).lane()) }
        return Sweep(change, kind: kind, parts: parts, error: error, age: olderThan)
    }
}
