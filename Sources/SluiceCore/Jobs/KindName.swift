/// The rule for kinds: 1 to 128 bytes of UTF-8 without control characters, since they appear in environments, logs and listings.
package enum KindName {
    package static func isValid(_ kind: String) -> Bool {
        guard (1...128).contains(kind.utf8.count) else { return false }
        var before: UInt8 = 0
        for byte in kind.utf8 {
            // U+0080 to U+009F are two bytes.
            if byte < 0x20 || byte == 0x7F || before == 0xC2 && byte < 0xA0 { return false }
            before = byte
        }
        return true
    }

    /// - Throws: `invalidArgument` for a kind that breaks the rule.
    package static func check(_ kind: String) throws(SluiceError) {
        if isValid(kind) { return }
        throw SluiceError(
            .invalidArgument,
            "\(JSONText.quoted(String(kind.prefix(80)))) is no kind: it has 1 to 128 bytes, and no control characters")
    }
}
