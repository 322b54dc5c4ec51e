import Sluice

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
