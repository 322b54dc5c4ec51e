/// The rule for missed ticks: those that came while all workers of the queue were down for longer than a minute.
public enum CatchUp: Sendable, Hashable, CustomStringConvertible {
    /// Skips them.
    case none
    /// Fires the newest of them, unless a later tick is in time.
    case latest
    /// Fires the newest `limit` of them, 1 to 1,000.
    case all(limit: Int)

    /// The text that the command line takes: `none`, `latest`, `all=10`.
    public var description: String {
        switch self {
        case .none: "none"
        case .latest: "latest"
        case .all(let limit): "all=\(limit)"
        }
    }

    /// Reads `none`, `latest`, `all` or `all=N`.
    /// - Throws: `invalidArgument` for any other text, and for a limit out of bounds.
    package init(parsing text: String) throws(SluiceError) {
        switch text {
        case "none": self = .none
        case "latest": self = .latest
        case "all": self = .all(limit: 1000)
        default:
            guard text.hasPrefix("all="), let limit = Int(text.dropFirst(4)), (1...1000).contains(limit) else {
                throw SluiceError(
                    .invalidArgument,
                    "'\(text.prefix(40))' is no way to catch up: write none, latest, all or all=N, N from 1 to 1000")
            }
            self = .all(limit: limit)
        }
    }
}

/// The rule for a tick that comes before the job of the previous tick has ended.
public enum Overlap: String, Sendable, Hashable, CaseIterable {
    /// Fires anyway.
    case allow
    /// Skips the tick.
    case skip
    /// Enqueues a job that waits for the end of the running one. While one waits, further ticks are skipped.
    case queueOne = "queue-one"
}
