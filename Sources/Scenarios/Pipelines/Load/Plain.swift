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
