import Sluice

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
