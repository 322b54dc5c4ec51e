import SluiceStore

/// How a run of a chain's job ends, or does not.
enum ChainExit: CaseIterable {
    case completed, cancelled, discarded, cancelledByOperator, lastCrash
    case retry, snooze, wait, unavailable, secondCrash
    case release, crash, lostReply

    /// Whether the job waits, and its chain with it.
    var waits: Bool { [.retry, .snooze, .wait, .unavailable, .secondCrash].contains(self) }

    /// Whether it is back at its place at once.
    var isBack: Bool { [.release, .crash, .lostReply].contains(self) }

    var outcome: Settlement.Outcome {
        switch self {
        case .completed: .completed(result: nil)
        case .retry: .retry(after: .seconds(5), error: "1")
        case .snooze: .snooze(.seconds(5))
        case .wait: .wait(base: .seconds(5), cap: .seconds(5))
        case .unavailable: .unavailable(dependency: "account", retryAfter: nil, maxWaits: nil, error: "1")
        case .cancelled, .cancelledByOperator: .cancelled(error: "1")
        case .discarded: .discarded(error: "1")
        case .release, .crash, .secondCrash, .lastCrash, .lostReply: .release
        }
    }
}
