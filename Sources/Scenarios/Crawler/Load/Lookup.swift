import Sluice

/// Asks the API about an item.
struct Lookup: Job {
    static let kind = "lookup"
    static let options = JobOptions(
        queue: "crawl", maxAttempts: Scale.lookupAttempts, retry: .fixed(Scale.retry), timeout: Scale.timeout)

    var item: Int
}
