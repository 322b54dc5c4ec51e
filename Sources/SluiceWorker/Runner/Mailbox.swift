import SluiceCore
import SluiceStore
import Synchronization

/// Passes reports from handlers' threads to the runner of their queue. The runner is woken once for all reports until it looks.
final class Mailbox: Sendable {
    private struct Contents: Sendable {
        var reports: [RunReport] = []
        var limits: [RunLimit] = []
    }

    private let contents = Mutex(Contents())
    private let signal: Signal
    private let deadlines: Signal

    init(_ signal: Signal, deadlines: Signal) {
        self.signal = signal
        self.deadlines = deadlines
    }

    func post(_ report: RunReport) {
        let isFirst = contents.withLock { contents in
            contents.reports.append(report)
            return contents.reports.count == 1
        }
        if isFirst { signal.set() }
    }

    func post(_ limit: RunLimit) {
        contents.withLock { $0.limits.append(limit) }
        deadlines.set()
    }

    /// Makes the runner look at its deadlines and chunks.
    func ring() { deadlines.set() }

    /// Exchanges the reports for an empty array. Two arrays go back and forth, so reports need no new memory.
    func exchange(_ reports: inout [RunReport]) {
        contents.withLock { swap(&reports, &$0.reports) }
    }

    func takeLimits() -> [RunLimit] {
        contents.withLock { contents in
            var limits: [RunLimit] = []
            swap(&limits, &contents.limits)
            return limits
        }
    }
}

/// The time limit of a run that has begun, with the facts to settle the run if its handler does not return.
struct RunLimit: Sendable {
    var id: JobID
    var fence: Fence
    var limit: Duration
    var kind: String
    var maxAttempts: Int
    var retry: RetryPolicy
}
