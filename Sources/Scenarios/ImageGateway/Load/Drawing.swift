import Sluice

/// What the upstream has drawn.
struct Picture: Codable, Sendable {
    var task: String
    var url: String
}

/// A job for which the upstream draws.
protocol Drawing: Job where Output == Picture {
    var order: Int { get }
    var account: String { get }
}

extension Drawing {
    var partitions: Partitions { ["account": account] }
}

/// A picture from words.
struct Imagine: Drawing {
    static let kind = "imagine"
    static let options = JobOptions(
        queue: "gateway", maxAttempts: Scale.attempts, retry: .fixed(.milliseconds(200)), timeout: .seconds(20), keepsResult: true
    )

    var order: Int
    var account: String
    var prompt: String
}

/// A larger picture of one of those that were drawn: `parent` is the job that drew them.
struct Upscale: Drawing {
    static let kind = "upscale"
    static let options = JobOptions(
        queue: "gateway", maxAttempts: Scale.attempts, retry: .fixed(.milliseconds(200)), timeout: .seconds(20), keepsResult: true
    )

    var order: Int
    var account: String
    var parent: String
    var index: Int
}

/// Pays back what an order has cost.
struct Refund: Job {
    static let kind = "refund"
    static let options = JobOptions(queue: "gateway", retry: .fixed(.milliseconds(200)))

    var order: Int
    var cents: Int
}
