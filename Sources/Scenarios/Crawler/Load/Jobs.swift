import Sluice

/// Tells what an item is, from itself alone.
struct Classify: Job {
    static let kind = "classify"
    static let options = JobOptions(
        queue: "crawl", maxAttempts: Scale.attempts, retry: .fixed(Scale.retry), timeout: Scale.timeout)

    /// What a run does that is not as it should be.
    enum Act: String, Codable, Sendable {
        /// Fails until the mark `fixed` is there.
        case fail
        /// Takes its worker with it.
        case kill
        /// Goes on when it is cancelled, and writes when it has been overtaken.
        case ignore
        /// Waits for a mark of its own.
        case hold
    }

    var item: Int
    var announced: Int
    var act: Act?
}

/// Asks the API about an item.
struct Lookup: Job {
    static let kind = "lookup"
    static let options = JobOptions(
        queue: "crawl", maxAttempts: Scale.lookupAttempts, retry: .fixed(Scale.retry), timeout: Scale.timeout)

    var item: Int
}

/// Looks at an old item again, some day: what the operator changes in bulk.
struct Rescan: Job {
    static let kind = "rescan"
    static let options = JobOptions(queue: "crawl")

    var item: Int
    var source: String
    var partitions: Partitions { ["source": source] }

    /// Half of them from a dump.
    static func requests(_ count: Int) throws -> [JobRequest] {
        try (0..<count).map { number in
            var request = try JobRequest(Rescan(item: number, source: number % 2 == 0 ? "dump" : "dht"))
            request.id = JobID(known: "r\(number)")
            request.unique = .whileLive(by: .key("r\(number)"))
            request.due = .after(.seconds(86_400))
            return request
        }
    }
}
