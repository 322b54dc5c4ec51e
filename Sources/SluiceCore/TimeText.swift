/// Parses times: seconds since 1970, or a date and time with a zone (RFC 3339), such as `2026-11-22T08:30:00+01:00`.
package enum TimeText {
    /// The time in ms since 1970.
    /// - Throws: `invalidArgument` for anything else.
    package static func parse(_ text: String) throws(SluiceError) -> Int {
        if let seconds = Double(text) {
            // A larger number would be 5,000 years away; it must be milliseconds.
            guard seconds.isFinite, seconds >= 0, seconds < 1e11 else { throw refusal(text, "write seconds, not milliseconds") }
            return Int((seconds * 1000).rounded())
        }
        return try calendar(text)
    }

    private static func calendar(_ text: String) throws(SluiceError) -> Int {
        let pattern =
            /(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d\d):(\d\d))/
        guard let match = text.wholeMatch(of: pattern) else {
            throw refusal(text, "write seconds since 1970, or 2026-11-22T08:30:00Z with Z or a zone such as +01:00")
        }
        let fields = [match.1, match.2, match.3, match.4, match.5, match.6].map { Int($0) ?? 0 }
        let zone = (match.10.flatMap { Int($0) } ?? 0) * 60 + (match.11.flatMap { Int($0) } ?? 0)
        guard (1...12).contains(fields[1]), (1...days(in: fields[1], of: fields[0])).contains(fields[2]), fields[3] < 24,
            fields[4] < 60, fields[5] <= 60, zone < 24 * 60
        else { throw refusal(text, "there is no such moment") }
        let minutes = (daysSince1970(fields) * 24 + fields[3]) * 60 + fields[4] - (match.9 == "-" ? -zone : zone)
        let fraction = Int((match.7 ?? "").prefix(3).padded(with: "0", to: 3)) ?? 0
        let milliseconds = (minutes * 60 + fields[5]) * 1000 + fraction
        guard milliseconds >= 0 else { throw refusal(text, "it lies before 1970") }
        return milliseconds
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Howard Hinnant, "chrono-compatible low-level date algorithms": years begin in March, so that leap days come last.
    private static func daysSince1970(_ fields: [Int]) -> Int {
        let year = fields[1] <= 2 ? fields[0] - 1 : fields[0]
        let (era, yearOfEra) = (year / 400, year % 400)
        let dayOfYear = (153 * (fields[1] + (fields[1] > 2 ? -3 : 9)) + 2) / 5 + fields[2] - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func refusal(_ text: String, _ advice: String) -> SluiceError {
        SluiceError(.invalidArgument, "'\(text.prefix(40))' is no time: \(advice)")
    }
}

extension Substring {
    fileprivate func padded(with filler: Character, to count: Int) -> String {
        String(self) + String(repeating: filler, count: Swift.max(count - self.count, 0))
    }
}
