import Sluice

/// One job, or one node of a workflow, and what it must come to.
struct PlannedJob: Sendable {
    enum Kind: Sendable {
        case plain, item, link, node
    }

    var id: String
    var kind: Kind
    var account: String
    /// The queue; nil for a node without a job.
    var queue: QueueName?
    var portion: Int
    /// Its state in the end.
    var end: JobState
    /// Whether it ever comes to its queue: what is cancelled before it starts does not.
    var isQueued = true
    /// Nodes that have to end before it starts.
    var after: [String] = []
    /// The chain it is of.
    var chain: String?
}
