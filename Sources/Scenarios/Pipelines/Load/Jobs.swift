import Sluice

/// A job of one account, alone.
struct Plain: Job {
    static let kind = "plain"
    static let options = JobOptions(queue: "work", maxAttempts: 5, retry: .fixed(.milliseconds(30)))
    var account: String
    var milliseconds: Int
    var end: PlannedEnd
    var partitions: Partitions { ["account": account] }
}

/// A job of a chain.
struct ChainLink: Job {
    static let kind = "link"
    static let options = JobOptions(queue: "work", maxAttempts: 5, retry: .fixed(.milliseconds(30)))
    var key: String
    var account: String
    var milliseconds: Int
    var end: PlannedEnd
    var partitions: Partitions { ["account": account] }
    var chain: Chain? { Chain(key) }
}

/// A job that runs in chunks.
struct Item: Job {
    static let kind = "item"
    static let options = JobOptions(queue: "work", maxAttempts: 5, retry: .fixed(.milliseconds(30)))
    var account: String
    var milliseconds: Int
    var end: PlannedEnd
    var partitions: Partitions { ["account": account] }
}

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
