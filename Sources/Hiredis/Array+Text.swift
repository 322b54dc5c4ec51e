extension [UInt8] {
    /// Appends the UTF-8 of a text: one copy where the text is stored as UTF-8, as nearly every text is.
    mutating func append(text: String) {
        let copied: Void? = text.utf8.withContiguousStorageIfAvailable { append(contentsOf: $0) }
        if copied == nil {
            append(contentsOf: text.utf8)
        }
    }

    /// Appends the decimal digits of a number, written in place.
    mutating func append(decimal number: Int) {
        var rest = number.magnitude
        if number < 0 { append(UInt8(ascii: "-")) }
        let start = count
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit))
            rest = quotient
        } while rest > 0
        self[start...].reverse()
    }
}
