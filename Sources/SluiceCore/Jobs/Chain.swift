/// Jobs that have to run one after another: in the order in which they were enqueued, one at a time, the next one only when the
/// one before has ended for good, retries and snoozes included.
///
/// ```swift
/// struct Ship: Job {
///     var order: String
///     var chain: Chain? { Chain("order-\(order)", onDiscarded: .hold) }
/// }
/// ```
/// The order is kept among jobs of the same key, partitions and needs; of all jobs of a key one at a time runs. Chains have no
/// priorities, and no limits can be set on them. A job with a delay takes its place in the order when it becomes due.
public struct Chain: Hashable, Sendable {
    /// What becomes of a chain when one of its jobs is discarded.
    public enum OnDiscarded: Hashable, Sendable, CaseIterable {
        /// The next job runs.
        case `continue`
        /// The next job waits until somebody has retried, cancelled or deleted the discarded one, or its retention has ended.
        case hold
    }

    /// Jobs of one queue with the same key are a chain. Any text; one that takes more than 64 bytes in a lane stands there by a
    /// digest.
    public var key: String
    /// What becomes of the chain when this job is discarded.
    public var onDiscarded: OnDiscarded

    /// Names a chain.
    public init(_ key: String, onDiscarded: OnDiscarded = .continue) {
        self.key = key
        self.onDiscarded = onDiscarded
    }

    /// The dimension that chains have in lanes; no partition, dependency or limit has this name.
    package static let dimension = "chain"
}
