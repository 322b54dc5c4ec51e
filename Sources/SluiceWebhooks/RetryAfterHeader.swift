/// The `Retry-After` header (RFC 9110, section 10.2.3): seconds, or a date.
enum RetryAfterHeader {
    /// The longest wait that is honoured.
    static let longest = Duration.seconds(86_400)

    /// The wait that a header value requests, at `now` in seconds since 1970; nil if the value is not valid.
    static func wait(_ value: String, now: Double) -> Duration? {
        let text = value.filter { $0 != " " || value.contains(",") }
        if let seconds = Int(text) { return seconds < 0 ? nil : min(.seconds(min(seconds, 1_000_000)), longest) }
        guard let time = date(value) else { return nil }
        return min(max(.seconds(Double(time) - now), .zero), longest)
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Parses a date such as `Sun, 06 Nov 1994 08:49:37 GMT` into seconds since 1970. The two older date formats are not supported.
    private static func date(_ value: String) -> Int? {
        let words = value.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int(words[1]), let month = months.firstIndex(of: String(words[2])),
            let year = Int(words[3]), (1...31).contains(day), (1970...9999).contains(year)
        else { return nil }
        let clock = words[4].split(separator: ":").map { Int($0) ?? -1 }
        guard clock.count == 3, (0..<24).contains(clock[0]), (0..<60).contains(clock[1]), (0...60).contains(clock[2]) else {
            return nil
        }
        return days(year, month + 1, day) * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
    }

    /// Days since 1970 of a Gregorian date. Years start in March, so that leap days come last
    /// (https://howardhinnant.github.io/date_algorithms.html).
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let ofEra = year % 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return year / 400 * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }
}
