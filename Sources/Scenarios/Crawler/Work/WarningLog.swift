import Logging
import ScenarioSupport

/// A handler of swift-log that writes warnings into the file of runs, where the checks find them.
struct WarningLog: LogHandler {
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
