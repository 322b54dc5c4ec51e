/// Rewrites the times in a text as offsets from a start, so that two runs of a test can be compared.
///
/// A number counts as a time if it lies near the start in one of the data's units: milliseconds, minutes, microseconds, or places.
/// The units cannot be confused: they differ by factors of 50 or more, or by their class.
struct RelativeTimes {
    /// The start, in ms since 1970.
    let start: Int

    private static let day = 86_400_000
    private static let epoch = 1_735_689_600_000
    private static let classWidth = 1 << 49

    func rewrite(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        var digits = ""
        for character in text {
            if character.isASCII, character.isNumber {
                digits.append(character)
            } else {
                result += relative(digits)
                digits = ""
                result.append(character)
            }
        }
        return result + relative(digits)
    }

    private func relative(_ digits: String) -> String {
        guard (8...17).contains(digits.utf8.count), let number = Int(digits) else { return digits }
        if let distance = near(number, start) { return "T" + signed(distance) }
        if near(number / 1000, start) != nil { return "F" + signed(number - start * 1000) }
        if number < 1 << 40, near(number * 60_000, start) != nil { return "M" + signed(number - start / 60_000) }
        let (priority, sequence) = number.quotientAndRemainder(dividingBy: Self.classWidth)
        guard priority <= 9, let distance = near(sequence / 512 + Self.epoch, start) else { return digits }
        return "\(priority)/T\(signed(distance)).\(sequence % 512)"
    }

    private func near(_ time: Int, _ other: Int) -> Int? {
        let distance = time.subtractingReportingOverflow(other)
        let isNear = !distance.overflow && (-30 * Self.day...1000 * Self.day).contains(distance.partialValue)
        return isNear ? distance.partialValue : nil
    }

    private func signed(_ number: Int) -> String { number < 0 ? "\(number)" : "+\(number)" }
}
