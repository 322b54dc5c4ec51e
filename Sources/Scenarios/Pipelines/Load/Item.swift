import Sluice

/// A job that runs in chunks.
struct Item: Job {
    static let kind = "item"
    static let options = JobOptions(queue: "work", maxAttempts: 5, retry: .fixed(.milliseconds(30)))
    var account: String
    var milliseconds: Int
    var end: PlannedEnd
    var partitions: Partitions { ["account": account] }
}
