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
