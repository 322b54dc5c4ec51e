package import ArgumentParser
package import Logging
import Synchronization

/// The form of the lines on standard error.
package enum LogFormat: String, CaseIterable, Sendable {
    case text
    case json

    private static let chosen = Mutex(LogFormat.text)

    /// The form of this process: that of all its loggers, and of the line that tells why it ends.
    package static var current: LogFormat {
        get { chosen.withLock { $0 } }
        set { chosen.withLock { $0 = newValue } }
    }
}

/// The option for the log of a program that goes on until it is stopped.
package struct LogOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How to log, on standard error: text for people, or json, one object a line. (default: text; json with --json)",
            valueName: "text|json"),
        completion: .list(LogFormat.allCases.map(\.rawValue)), transform: { try Self.format($0) })
    package var logFormat: LogFormat?

    package init() {}

    private static func format(_ text: String) throws -> LogFormat {
        guard let format = LogFormat(rawValue: text) else { throw ValidationError("write text or json") }
        return format
    }

    /// Makes the logger of the program, and sets the form of all others.
    /// - Parameter isJSON: whether the program prints JSON.
    package func logger(_ label: String, isJSON: Bool) -> Logger {
        LogFormat.current = logFormat ?? (isJSON ? .json : .text)
        return Logger(label: label) { WorkerLogHandler(label: $0, style: Terminal.errors.style) }
    }
}
