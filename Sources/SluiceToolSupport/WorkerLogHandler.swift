import Foundation
package import Logging
import SluiceCore
import SluiceInspector

/// One line on standard error for each event: for people, or as JSON.
package struct WorkerLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel = Logger.Level.info
    private let isJSON: Bool
    private let style: Style

    package init(isJSON: Bool, style: Style) {
        self.isJSON = isJSON
        self.style = style
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let all = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }.merging(event.metadata ?? [:]) { $1 }
        // The error may be long, so it comes last.
        let details = all.sorted { ($0.key == "error" ? 1 : 0, $0.key) < ($1.key == "error" ? 1 : 0, $1.key) }
            .map { ($0.key, "\($0.value)") }
        // A failed write is ignored, since standard error itself is closed.
        if isJSON {
            try? Terminal.errors.json(Self.json(event, details, at: .now))
        } else {
            try? Terminal.errors.line(Self.text(event.level, "\(event.message)", details, at: .now, style: style))
        }
    }

    private static func json(_ event: LogEvent, _ details: [(String, String)], at now: Date) -> JSONValue {
        var value: JSONValue = [
            "time": JSONValue(time: now),
            "level": .string(event.level.rawValue), "message": .string("\(event.message)"),
        ]
        for (name, text) in details { value = value.adding(name, .string(text)) }
        return value
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
