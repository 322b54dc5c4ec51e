public import Foundation

/// When something recurs: five fields as cron has them, a short form such as `@daily`, or `@every 90s`.
///
/// The fields are minute, hour, day of the month, month and day of the week, each `*`, a number, a name (`JAN`, `mon`), a range
/// `1-5`, a step `*/15` or `8-18/2`, or several of these with commas; `?` is `*` for the two fields of days. Sunday is 0 and 7.
/// Where both fields of days are restricted, a day that either names counts, as Vixie cron has it; a field that begins with `*`
/// is not restricted. `@every` counts from the start of 1970, or of what recurs, whatever zones and clocks do.
public struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    enum Form: Sendable, Hashable {
        /// Seconds.
        case every(Int)
        case fields(CronFields)
    }

    /// As it was written.
    public let text: String
    let form: Form

    /// Reads an expression.
    /// - Throws: `invalidArgument` for what is none, or can never come. The message has several lines: the text, a `^` under the
    ///   fault, and what would be right.
    public init(_ text: String) throws(SluiceError) {
        do throws(CronFault) {
            form = try CronParser.parse(text)
        } catch {
            throw error.described(in: text)
        }
        self.text = text
    }

    /// The text.
    public var description: String { text }

    /// The first tick after a moment, of the calendar and the clocks of a zone. Nil if none comes before the year 2100.
    ///
    /// Where clocks are put forward, what was to happen at a fixed time that they skip happens at the first moment after; where
    /// they are put back, what happens at a fixed time happens the first time only. A time is fixed unless its minute or its hour
    /// begins with `*`: such an expression follows the clock on the wall, whatever that shows.
    public func next(after date: Date, in zone: TimeZone) -> Date? {
        let seconds = Int(min(max(date.timeIntervalSince1970, 0), 1e11).rounded(.down))
        return CronSchedule(self, in: zone).next(after: seconds).map { Date(timeIntervalSince1970: Double($0)) }
    }
}

/// What is wrong with an expression, and where.
struct CronFault: Error {
    /// Characters before the fault.
    var offset: Int
    /// What would be right.
    var advice: String

    func described(in text: String) -> SluiceError {
        let shown = String(text.prefix(200).map { $0.isNewline || $0 == "\t" ? " " : $0 })
        let caret = String(repeating: " ", count: min(offset, 200)) + "^"
        return SluiceError(.invalidArgument, "this is no cron expression:\n  \(shown)\n  \(caret)\n\(advice)")
    }
}
