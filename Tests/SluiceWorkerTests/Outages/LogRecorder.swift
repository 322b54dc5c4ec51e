import Logging
import SluiceTesting
import Synchronization
import TestSupport

/// Keeps what is logged as a warning or worse.
final class LogRecorder: Sendable {
    private let lines = Mutex<[String]>([])
    /// Counts them.
    let happened = Occurrences()

    /// The texts, without metadata, in order.
    var all: [String] { lines.withLock { $0 } }

    /// Those about limits.
    var aboutLimits: [String] { all.filter { $0.contains("limits") } }

    var logger: Logger { Logger(label: "test") { [self] _ in Handler(recorder: self) } }

    private func add(_ line: String) {
        lines.withLock { $0.append(line) }
        happened.add()
    }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.warning

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { recorder.add("\(event.message)") }
    }
}
