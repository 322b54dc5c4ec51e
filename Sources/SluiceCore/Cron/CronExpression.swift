public import Foundation

/// When a cron entry fires: the five fields of cron, a short form such as `@daily`, or `@every 90s`.
///
/// The fields are minute, hour, day of the month, month and day of the week. Each is `*`, a number, a name (`JAN`, `mon`), a range
/// `1-5`, a step `*/15` or `8-18/2`, or several of these with commas. In the two day fields, `?` means `*`. Sunday is 0 and 7. If
/// both day fields are restricted, a day matches if either field names it, as in Vixie cron; a field that begins with `*` is not
/// restricted. `@every` counts from the start of 1970, or from the start of the cron entry; zones and clock changes do not shift
/// it.
public struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    enum Form: Sendable, Hashable {
        /// Seconds.
        case every(Int)
        case fields(CronFields)
    }

    /// The expression as it was written.
    public let text: String
    let form: Form

    /// Parses an expression.
    /// - Throws: `invalidArgument` if the text is not an expression, or can never match. The message has several lines: the text, a
    ///   `^` under the fault, and what would be right.
    public init(_ text: String) throws(SluiceError) {
        do throws(CronFault) {
            form = try CronParser.parse(text)
        } catch {
            throw error.described(in: text)
        }
        self.text = text
    }

    /// The expression as it was written.
    public var description: String { text }

    /// The schedule in plain English, such as `at 02:30 on Monday to Friday`; the expression itself where words would be longer or
    /// less exact. Times are those of the zone that the schedule is for.
    public var words: String { CronWords.text(form) ?? text }

    /// The first tick after `date`, by the calendar and the clocks of `zone`. Nil if none comes before the year 2100.
    ///
    /// When clocks go forward, a fixed time that they skip fires at the first moment after the gap. When they go back, a fixed time
    /// fires the first time only. A time is fixed unless its minute or hour field begins with `*`; such an expression follows the
    /// wall clock.
    public func next(after date: Date, in zone: TimeZone) -> Date? {
        let seconds = Int(min(max(date.timeIntervalSince1970, 0), 1e11).rounded(.down))
        return CronSchedule(self, in: zone).next(after: seconds).map { Date(timeIntervalSince1970: Double($0)) }
    }
}

extension CronExpression {
    /// The first line of an error about an expression. The text, a mark below the fault and the cure follow.
    package static let refusal = "this is no cron expression:"
}

/// The fault of an expression, and its position.
struct CronFault: Error {
    /// Characters before the fault.
    var offset: Int
    /// The rule that the expression breaks, for people.
    var advice: String

    func described(in text: String) -> SluiceError {
        let shown = String(text.prefix(200).map { $0.isNewline || $0 == "\t" ? " " : $0 })
        let caret = String(repeating: " ", count: min(offset, 200)) + "^"
        return SluiceError(.invalidArgument, "\(CronExpression.refusal)\n  \(shown)\n  \(caret)\n\(advice)")
    }
}
