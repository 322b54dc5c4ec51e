/// A schedule in plain English: `at 02:30 on Monday to Friday`.
struct CronWords {
    /// Longer texts are harder to read than the expression.
    private static let most = 80
    /// The most things that are told one by one.
    private static let mostListed = 4

    /// Nil where words would be wrong, or would not help.
    static func text(_ form: CronExpression.Form) -> String? {
        switch form {
        case .every(let seconds): return every(seconds)
        case .fields(let fields):
            guard let time = CronTimeWords(fields).text, let days = days(fields) else { return nil }
            // "every 5 minutes" does not need it.
            let daily = days.isEmpty && time.hasPrefix("at ") && time.contains(":") ? " every day" : ""
            guard let months = fields.months == set(1...12) ? "" : months(fields) else { return nil }
            let text = time + (days.isEmpty ? "" : " ") + days + daily + place(months, isOfDays: days.hasSuffix(" of"))
            return text.count <= most ? text : nil
        }
    }

    private static func place(_ months: String, isOfDays: Bool) -> String {
        if isOfDays { return months.isEmpty ? " the month" : " \(months)" }
        if months.isEmpty { return "" }
        return (months.contains(" to ") ? " from " : " in ") + months
    }

    private static func every(_ seconds: Int) -> String {
        let units = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")]
        let (size, name) = units.first { seconds % $0.0 == 0 } ?? (1, "second")
        let count = seconds / size
        return count == 1 ? "every \(name)" : "every \(count) \(name)s"
    }

    /// The days; empty for all of them, and with `of` at the end where the month follows. Nil where they cannot be told.
    private static func days(_ fields: CronFields) -> String? {
        let (hasDays, hasWeekdays) = (fields.days != set(1...31), fields.weekdays != set(0...6))
        // Where either day counts, one that is always right makes every day right.
        if fields.takesEitherDay, !hasDays || !hasWeekdays { return "" }
        switch (hasDays, hasWeekdays) {
        case (false, false): return ""
        case (false, true): return weekdays(fields).map { "on \($0)" }
        case (true, false): return monthDays(fields).map { "on \($0) of" }
        case (true, true):
            guard fields.takesEitherDay, fields.months == set(1...12), let days = monthDays(fields), let names = weekdays(fields)
            else { return nil }
            return "on \(days) of the month and on every \(names)"
        }
    }

    private static func monthDays(_ fields: CronFields) -> String? {
        let days = values(fields.days, 1...31)
        return list(days) { "\($0)" }.map { days.count == 1 ? "day \($0)" : "days \($0)" }
    }

    private static func weekdays(_ fields: CronFields) -> String? {
        let names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
        // The week begins with Monday, so that Friday to Sunday is one stretch.
        return list((0..<7).filter { fields.weekdays.has(($0 + 1) % 7) }) { names[$0] }
    }

    private static func months(_ fields: CronFields) -> String? {
        let names = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
            "December",
        ]
        return list(values(fields.months, 1...12)) { names[$0 - 1] }
    }

    // MARK: Lists

    static func set(_ range: ClosedRange<Int>) -> UInt64 { range.reduce(0) { $0 | 1 << UInt64($1) } }

    static func values(_ set: UInt64, _ range: ClosedRange<Int>) -> [Int] { range.filter(set.has) }

    /// Three or more in a row as a range, others one by one; nil if there are too many.
    static func list(_ values: [Int], _ name: (Int) -> String) -> String? {
        guard let first = values.first, let last = values.last else { return nil }
        if values.count > 2, last - first == values.count - 1 { return "\(name(first)) to \(name(last))" }
        return values.count <= mostListed ? joined(values.map(name)) : nil
    }

    static func joined(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " and " + last
    }
}

/// The times of a day in plain English.
struct CronTimeWords {
    private let minutes: [Int]
    private let hours: [Int]

    init(_ fields: CronFields) {
        minutes = CronWords.values(fields.minutes, 0...59)
        hours = CronWords.values(fields.hours, 0...23)
    }

    /// Nil where words would be wrong, or would not help.
    var text: String? { clock(most: 3) ?? rhythm ?? clock(most: 4) }

    /// Each time of the day, if there are few.
    private func clock(most: Int) -> String? {
        guard minutes.count * hours.count <= most else { return nil }
        return "at " + CronWords.joined(hours.flatMap { hour in minutes.map { time(hour, $0) } })
    }

    private var rhythm: String? {
        guard let first = minutes.first, let last = minutes.last, let from = hours.first, let to = hours.last else { return nil }
        let isAllDay = hours.count == 24
        let isOneStretch = to - from == hours.count - 1
        if minutes.count == 1 {
            if isAllDay { return first == 0 ? "every hour" : "at minute \(first) of every hour" }
            if isOneStretch { return "every hour from \(time(from, first)) to \(time(to, first))" }
            guard let step = step(hours, of: 24) else { return nil }
            return "every \(step) hours" + (first == 0 ? "" : " from \(time(0, first))")
        }
        if let step = step(minutes, of: 60) {
            let words = step == 1 ? "every minute" : "every \(step) minutes"
            if isAllDay { return words }
            return isOneStretch ? "\(words) from \(time(from, first)) to \(time(to, last))" : nil
        }
        guard isAllDay else { return nil }
        return CronWords.list(minutes) { "\($0)" }.map { "at minutes \($0) of every hour" }
    }

    /// The step of values that begin with 0 and divide the whole evenly. Others have one gap that is shorter.
    private func step(_ values: [Int], of whole: Int) -> Int? {
        guard whole % values.count == 0 else { return nil }
        let step = whole / values.count
        return values == Array(stride(from: 0, to: whole, by: step)) ? step : nil
    }

    private func time(_ hour: Int, _ minute: Int) -> String { "\(two(hour)):\(two(minute))" }

    private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
