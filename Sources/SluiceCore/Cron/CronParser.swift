/// Reads the text of an expression.
enum CronParser {
    private struct Word {
        var text: Substring
        /// Characters before it.
        var offset: Int
    }

    private static let short = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]
    private static let order = "minute, hour, day of the month, month, day of the week"
    static let mostCharacters = 256

    static func parse(_ text: String) throws(CronFault) -> CronExpression.Form {
        if text.count > mostCharacters {
            throw CronFault(offset: 0, advice: "An expression has at most \(mostCharacters) characters.")
        }
        let words = words(of: text)
        guard let first = words.first else {
            throw CronFault(offset: 0, advice: "Write five fields, \(order), such as 0 7 * * MON-FRI, or @every 90s.")
        }
        if first.text.hasPrefix("@") { return try parseShort(words, end: text.count) }
        if words.count < 5 {
            throw CronFault(
                offset: text.count, advice: "There are five fields, and \(5 - words.count) of them missing: \(order).")
        }
        if words.count > 5 {
            throw CronFault(
                offset: words[5].offset, advice: "There are five fields, and nothing after them: \(order); no seconds, no year.")
        }
        return .fields(try fields(words))
    }

    private static func words(of text: String) -> [Word] {
        var words: [Word] = []
        var rest = text[...]
        while !rest.isEmpty {
            let word = rest.prefix { !$0.isWhitespace }
            if !word.isEmpty { words.append(Word(text: word, offset: text.distance(from: text.startIndex, to: word.startIndex))) }
            rest = rest[word.endIndex...].drop(while: \.isWhitespace)
        }
        return words
    }

    private static func parseShort(_ words: [Word], end: Int) throws(CronFault) -> CronExpression.Form {
        let name = words[0].text.lowercased()
        if name == "@every" { return try parseEvery(words, end: end) }
        guard let text = short[name] else {
            let advice = "Write @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, or @every 90s."
            throw CronFault(offset: words[0].offset, advice: advice)
        }
        if words.count > 1 { throw CronFault(offset: words[1].offset, advice: "Nothing comes after \(name).") }
        return .fields(try fields(self.words(of: text)))
    }

    private static func parseEvery(_ words: [Word], end: Int) throws(CronFault) -> CronExpression.Form {
        let advice = "Write @every with a duration of whole seconds, from 1s to 366d, such as 90s or 1h30m."
        guard words.count > 1 else { throw CronFault(offset: end, advice: advice) }
        if words.count > 2 { throw CronFault(offset: words[2].offset, advice: advice) }
        guard let span = try? DurationText.parse(String(words[1].text)), span.milliseconds % 1000 == 0,
            (1...366 * 86_400).contains(span.milliseconds / 1000)
        else { throw CronFault(offset: words[1].offset, advice: advice) }
        return .every(span.milliseconds / 1000)
    }

    private static func fields(_ words: [Word]) throws(CronFault) -> CronFields {
        var sets: [UInt64] = []
        for (field, word) in zip(CronField.all, words) { sets.append(try field.parse(word.text, at: word.offset)) }
        let isOpen = words.map { $0.text.hasPrefix("*") || $0.text == "?" }
        // Sunday has two numbers.
        let weekdays = (sets[4] | (sets[4].has(7) ? 1 : 0)) & 0x7F
        let fields = CronFields(
            minutes: sets[0], hours: sets[1], days: sets[2], months: sets[3], weekdays: weekdays,
            followsClock: isOpen[0] || isOpen[1], takesEitherDay: !isOpen[2] && !isOpen[4])
        try checkDays(fields, at: words[2].offset)
        return fields
    }

    /// Rejects days that none of the months has.
    private static func checkDays(_ fields: CronFields, at offset: Int) throws(CronFault) {
        guard !fields.takesEitherDay, let day = fields.days.first(from: 1) else { return }
        let months = (1...12).filter(fields.months.has)
        if months.contains(where: { CronFields.longest[$0 - 1] >= day }) { return }
        let names = months.map { CronField.months.names[$0 - 1] }.joined(separator: ", ")
        let most = months.map { CronFields.longest[$0 - 1] }.max() ?? 0
        throw CronFault(
            offset: offset, advice: "No day \(day) ever comes in \(names): write a day from 1 to \(most), or other months.")
    }
}
