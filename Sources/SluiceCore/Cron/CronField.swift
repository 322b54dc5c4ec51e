/// One of the five fields: its name, its values and its parser.
struct CronField: Sendable {
    var name: String
    var range: ClosedRange<Int>
    /// Names of the values, from the lowest on.
    var names: [String] = []
    /// Whether `?` stands for `*`.
    var takesQuestionMark = false

    static let months = CronField(
        name: "Months", range: 1...12,
        names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"])

    static let all = [
        CronField(name: "Minutes", range: 0...59),
        CronField(name: "Hours", range: 0...23),
        CronField(name: "Days of the month", range: 1...31, takesQuestionMark: true),
        months,
        CronField(
            name: "Days of the week", range: 0...7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
            takesQuestionMark: true),
    ]

    private var isWeekdays: Bool { range.upperBound == 7 }

    private var rule: String {
        let span = "\(name) are \(range.lowerBound) to \(range.upperBound)"
        guard let first = names.first, let last = names.last else { return span }
        return span + (isWeekdays ? ", 0 and 7 being Sunday," : "") + " or \(first) to \(last)"
    }

    /// The values that a word names, as a bit set.
    func parse(_ word: Substring, at offset: Int) throws(CronFault) -> UInt64 {
        if word == "?" {
            if takesQuestionMark { return bits(range, step: 1) }
            throw CronFault(offset: offset, advice: "A ? stands for any day, in the third and the fifth field; write * here.")
        }
        var set: UInt64 = 0
        var at = offset
        for item in word.split(separator: ",", omittingEmptySubsequences: false) {
            set |= try parse(item: item, at: at)
            at += item.count + 1
        }
        return set
    }

    /// One item between commas: `*`, `5` or `MON-FRI`, with or without a step.
    private func parse(item: Substring, at offset: Int) throws(CronFault) -> UInt64 {
        let parts = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let base = parts[0]
        guard parts.count == 2 else { return bits(try span(base, at: offset), step: 1) }
        let stepAt = offset + base.count + 1
        guard base == "*" || base.contains("-") else {
            throw CronFault(
                offset: offset, advice: "A step belongs to * or to a range: write \(base)-\(last)/\(parts[1]), or */\(parts[1]).")
        }
        let span = try span(base, at: offset)
        let most = max(span.upperBound - span.lowerBound, 1)
        guard let step = number(parts[1]), step >= 1, step <= most else {
            throw CronFault(
                offset: stepAt,
                advice: "A step here is 1 to \(most), since the values are \(span.lowerBound) to \(span.upperBound).")
        }
        return bits(span, step: step)
    }

    private var last: Int { isWeekdays ? 6 : range.upperBound }

    private func span(_ text: Substring, at offset: Int) throws(CronFault) -> ClosedRange<Int> {
        if text == "*" { return range.lowerBound...last }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let low = try value(ends[0], at: offset)
        guard ends.count == 2 else { return low...low }
        var high = try value(ends[1], at: offset + ends[0].count + 1)
        // FRI-SUN ends with the week.
        if isWeekdays, high == 0, low > 0, ends[1].first?.isLetter == true { high = 7 }
        guard low <= high else {
            throw CronFault(
                offset: offset,
                advice: "A range rises: write \(low)-\(last),\(range.lowerBound)-\(high) for one that goes past the end.")
        }
        return low...high
    }

    private func value(_ text: Substring, at offset: Int) throws(CronFault) -> Int {
        if let index = names.firstIndex(of: text.uppercased()) { return names.count == 7 ? index : index + range.lowerBound }
        guard let value = number(text), range.contains(value) else { throw CronFault(offset: offset, advice: rule + ".") }
        return value
    }

    private func number(_ text: Substring) -> Int? {
        text.count <= 4 && !text.isEmpty && text.allSatisfy { $0.isASCII && $0.isNumber } ? Int(text) : nil
    }

    private func bits(_ span: ClosedRange<Int>, step: Int) -> UInt64 {
        stride(from: span.lowerBound, through: span.upperBound, by: step).reduce(0) { $0 | 1 << UInt64($1) }
    }
}
