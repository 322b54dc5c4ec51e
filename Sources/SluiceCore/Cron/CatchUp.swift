/// What becomes of ticks that nobody could fire in time: all workers of the queue were down for longer than a minute.
public enum CatchUp: Sendable, Hashable, CustomStringConvertible {
    /// They are skipped.
    case none
    /// The newest of them fires, unless a later one is in time.
    case latest
    /// So many of the newest fire, 1 to 1,000.
    case all(limit: Int)

    /// As the tool takes it: `none`, `latest`, `all=10`.
    public var description: String {
        switch self {
        case .none: "none"
        case .latest: "latest"
        case .all(let limit): "all=\(limit)"
        }
    }

    /// - Throws: `invalidArgument` for a text that is none, and for a limit out of bounds.
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

/// What becomes of a tick while the job of the one before has not ended.
public enum Overlap: String, Sendable, Hashable, CaseIterable {
    /// It fires all the same.
    case allow
    /// It is skipped.
    case skip
    /// Its job waits for the end of the one that runs. While one waits, ticks are skipped.
    case queueOne = "queue-one"
}
