import SluiceCore
import SluiceStore
import Synchronization

/// What handlers' threads have for the runner of their queue. One notice wakes it, whatever gathers until it looks.
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

    func takeReports() -> [RunReport] {
        contents.withLock { contents in
            var reports: [RunReport] = []
            swap(&reports, &contents.reports)
            return reports
        }
    }

    func takeLimits() -> [RunLimit] {
        contents.withLock { contents in
            var limits: [RunLimit] = []
            swap(&limits, &contents.limits)
            return limits
        }
    }
}

/// A run that has begun and may not take for ever: what its end means if its handler does not come back to tell.
struct RunLimit: Sendable {
    var id: JobID
    var fence: Fence
    var limit: Duration
    var kind: String
    var maxAttempts: Int
    var retry: RetryPolicy
}
