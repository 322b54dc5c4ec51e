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

/// A handler of swift-log that writes warnings into the file of runs, where the checks find them.
private struct WarningLog: LogHandler {
    let log: RunLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.warning

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let job = event.metadata?["job"].map { "\($0)" } ?? "-"
        log.write(RunLine(.warned, job, attempt: 0, note: "shared-key"))
    }
}
