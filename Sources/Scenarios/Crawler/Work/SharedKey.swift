import Logging
import Metrics
import ScenarioSupport
import Sluice
import Synchronization

/// Tells that the key is in use which everybody shares: a warning, once, and a count of the calls.
final class SharedKey: Sendable {
    private let logger: Logger
    private let calls = Counter(label: "crawler_shared_key_calls_total")
    private let hasWarned = Mutex(false)

    init(log: RunLog) { logger = Logger(label: "crawler.keys") { _ in WarningLog(log: log) } }

    func used(for job: JobID) {
        calls.increment()
        let isFirst = hasWarned.withLock { warned in
            defer { warned = true }
            return !warned
        }
        if isFirst {
            logger.warning("no key of one's own: using the shared one, which is slow", metadata: ["job": "\(job)"])
        }
    }
}
