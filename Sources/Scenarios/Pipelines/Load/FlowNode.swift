import Sluice

/// A node of a workflow: the sum of what the nodes before it returned, times a factor, plus a number.
struct FlowNode: Job {
    static let kind = "node"
    static let options = JobOptions(queue: "work", maxAttempts: 5, retry: .fixed(.milliseconds(30)))
    typealias Output = Int
    var account: String
    var milliseconds: Int
    var end: PlannedEnd
    /// Nodes whose outputs it adds up.
    var inputs: [String]
    /// Those of them that may be missing.
    var mayMiss: [String]
    var factor = 1
    var addend = 0
    var partitions: Partitions { ["account": account] }
}
