package import Foundation
package import Logging
package import SluiceCore
import SluiceInspector

/// One line on standard error for each event: for people, or as JSON, as ``LogFormat`` says.
package struct WorkerLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel = Logger.Level.info
    private let label: String
    private let style: Style

    package init(label: String, style: Style) {
        self.label = label
        self.style = style
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }.merging(event.metadata ?? [:]) { $1 }
        if let error = event.error, all["error"] == nil { all["error"] = "\(error)" }
        // The error may be long, so it comes last.
        let details = all.sorted { ($0.key == "error" ? 1 : 0, $0.key) < ($1.key == "error" ? 1 : 0, $1.key) }
        // A failed write is ignored, since standard error itself is closed.
        switch LogFormat.current {
        case .json:
            let line = Self.json(event.level, "\(event.message)", label, details.map { ($0.key, $0.value) }, at: .now)
            try? Terminal.errors.json(line)
        case .text:
            let words = details.map { ($0.key, "\($0.value)") }
            try? Terminal.errors.line(Self.text(event.level, "\(event.message)", words, at: .now, style: style))
        }
    }

    /// `{"time":"2026-11-22T08:30:00.123Z","level":"info","label":"sluice.worker","message":"completed","metadata":{"job":"01J…"}}`
    package static func json(
        _ level: Logger.Level, _ message: String, _ label: String, _ details: [(String, Logger.MetadataValue)], at now: Date
    ) -> JSONValue {
        let metadata = details.map { JSONValue.Member(name: $0.0, value: json($0.1)) }
        return [
            "time": JSONValue(time: now), "level": .string(level.rawValue), "label": .string(label),
            "message": .string(message), "metadata": .object(metadata),
        ]
    }

    private static func json(_ value: Logger.MetadataValue) -> JSONValue {
        switch value {
        case .string(let text): .string(text)
        case .stringConvertible(let value): .string(value.description)
        case .dictionary(let members):
            .object(members.sorted { $0.key < $1.key }.map { JSONValue.Member(name: $0.key, value: json($0.value)) })
        case .array(let values): .array(values.map { json($0) })
        }
    }

    /// `12:00:01 completed  job=01J… took=12ms`
    static func text(
        _ level: Logger.Level, _ message: String, _ details: [(String, String)], at now: Date, style: Style
    ) -> String {
        let time = now.formatted(
            .verbatim(
                "\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits)",
                timeZone: .current, calendar: .current))
        let words = details.map { style.paint("\($0.0)=", .dim) + HumanText.visible($0.1) }
        let text = style.paint(time, .dim) + " " + paint(level, HumanText.visible(message), style)
        return ([text] + words).joined(separator: "  ")
    }

    private static func paint(_ level: Logger.Level, _ message: String, _ style: Style) -> String {
        switch level {
        case .trace, .debug: style.paint(message, .dim)
        case .info, .notice: message
        case .warning: style.paint("warning: \(message)", .yellow)
        case .error, .critical: style.paint("error: \(message)", .red)
        }
    }
}
