/// The five fields as bit sets, and the search in one zone's local time. Offsets are the caller's concern.
struct CronFields: Sendable, Hashable {
    var minutes: UInt64
    var hours: UInt64
    var days: UInt64
    var months: UInt64
    /// 0 is Sunday; 7 is not used.
    var weekdays: UInt64
    /// Whether it follows the wall clock: its minute or its hour begins with `*`.
    var followsClock: Bool
    /// Whether a day matches if only one of the two day fields names it: neither begins with `*`.
    var takesEitherDay: Bool

    /// The greatest number of days of each month, from January on.
    static let longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    /// The first minute that all fields match, from `start` to before `end`. Minutes are local, since 1970.
    func first(from start: Int, before end: Int) -> Int? {
        var day = start.dividingDown(by: 1440)
        var minute = start - day * 1440
        while day * 1440 < end {
            let date = CivilDate(day: day)
            guard months.has(date.month) else {
                day = nextMonth(after: date).day
                minute = 0
                continue
            }
            if names(date, day), let time = time(from: minute) {
                let found = day * 1440 + time
                return found < end ? found : nil
            }
            day += 1
            minute = 0
        }
        return nil
    }

    private func names(_ date: CivilDate, _ day: Int) -> Bool {
        let isDay = days.has(date.day)
        // 1970 began on a Thursday.
        let isWeekday = weekdays.has((day + 4) % 7)
        return takesEitherDay ? isDay || isWeekday : isDay && isWeekday
    }

    /// The first day of the next month that matches.
    private func nextMonth(after date: CivilDate) -> (day: Int, month: Int) {
        var (year, month) = (date.year, date.month)
        repeat {
            month += 1
            if month == 13 { (year, month) = (year + 1, 1) }
        } while !months.has(month)
        return (CivilDate(year: year, month: month, day: 1).daysSince1970, month)
    }

    /// The first matching minute of a day, from `minute` on.
    private func time(from minute: Int) -> Int? {
        guard minute < 1440 else { return nil }
        let (hour, rest) = minute.quotientAndRemainder(dividingBy: 60)
        if hours.has(hour), let found = minutes.first(from: rest) { return hour * 60 + found }
        guard let next = hours.first(from: hour + 1), let found = minutes.first(from: 0) else { return nil }
        return next * 60 + found
    }
}

extension UInt64 {
    func has(_ bit: Int) -> Bool { self & (1 << UInt64(bit)) != 0 }

    /// The lowest bit that is set, from `bit` on.
    func first(from bit: Int) -> Int? {
        guard bit < 64 else { return nil }
        let rest = self >> UInt64(bit)
        return rest == 0 ? nil : bit + rest.trailingZeroBitCount
    }
}

extension Int {
    /// The quotient rounded towards minus infinity.
    func dividingDown(by divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
