/// Jobs that run one after another, in the order of their enqueue. The next job starts only when the one before has ended for good,
/// retries and snoozes included.
///
/// ```swift
/// struct Ship: Job {
///     var order: String
///     var chain: Chain? { Chain("order-\(order)", onDiscarded: .hold) }
/// }
/// ```
/// The order holds among jobs of the same key, partitions and needs; of all jobs of a key, one at a time runs. Chains have no
/// priorities and take no limits. A delayed job takes its place in the order when it becomes due.
public struct Chain: Hashable, Sendable {
    /// The rule for a chain when one of its jobs is discarded.
    public enum OnDiscarded: Hashable, Sendable, CaseIterable {
        /// The next job runs.
        case `continue`
        /// The next job waits until the discarded one is retried, cancelled or deleted, or its retention ends.
        case hold
    }

    /// Jobs of one queue with the same key form a chain. Any text; a key that takes more than 64 bytes in a lane appears there as a
    /// digest.
    public var key: String
    /// The rule for the chain when this job is discarded.
    public var onDiscarded: OnDiscarded

    /// Makes the chain `key`, which continues after a discarded job by default.
    public init(_ key: String, onDiscarded: OnDiscarded = .continue) {
        self.key = key
        self.onDiscarded = onDiscarded
    }

    /// The dimension of chains in lanes. No partition, dependency or limit can have this name.
    package static let dimension = "chain"
}
