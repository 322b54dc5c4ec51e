/// Finds strings in a text in any spelling: as they are, and as JSON may write them, with `\u00e9` and `\/` for some or all
/// characters, in upper or lower case, and in JSON texts nested inside others.
struct SecretMatcher: Sendable {
    /// The code points of each string, the longest first.
    private let secrets: [[UInt32]]
    /// Indices of the secrets that have a spelling with this first byte.
    private let byFirstByte: [UInt8: [Int]]

    /// More bytes than a code point takes in any spelling that is still recognised where a text is cut.
    private static let longestSpelling = 16

    init(_ strings: Set<[UInt32]>) {
        secrets = strings.filter { !$0.isEmpty }.sorted { $0.count > $1.count }
        var byFirstByte: [UInt8: [Int]] = [:]
        for (index, secret) in secrets.enumerated() {
            byFirstByte[Self.backslash, default: []].append(index)
            guard let first = Self.utf8(secret[0]).first, first != Self.backslash else { continue }
            byFirstByte[first, default: []].append(index)
        }
        self.byFirstByte = byFirstByte
    }

    /// How many bytes before and after a piece of text are needed to find matches that reach into it.
    var reach: Int { (secrets.first?.count ?? 0) * Self.longestSpelling }

    /// The ranges of the matches, in order; overlapping ones are merged.
    func ranges(in text: [UInt8]) -> [Range<Int>] {
        if secrets.isEmpty { return [] }
        var found: [Range<Int>] = []
        for start in text.indices {
            guard let candidates = byFirstByte[text[start]] else { continue }
            var end = start
            for index in candidates { end = max(end, Self.end(of: secrets[index], at: start, in: text) ?? end) }
            if end == start { continue }
            if let last = found.last, start < last.upperBound {
                found[found.count - 1] = last.lowerBound..<max(end, last.upperBound)
            } else {
                found.append(start..<end)
            }
        }
        return found
    }
}

extension SecretMatcher {
    private static let backslash = UInt8(ascii: "\\")

    /// The end of a spelling of the string that begins at `start`; nil if there is none.
    private static func end(of secret: [UInt32], at start: Int, in text: [UInt8]) -> Int? {
        var position = start
        var index = 0
        // Several levels of JSON double the backslashes, so a run of them may belong to two characters.
        var isBehindRun = false
        while index < secret.count {
            if secret[index] == UInt32(backslash) {
                let count = secret[index...].prefix { $0 == UInt32(backslash) }.count
                guard let end = end(ofBackslashes: count, at: position, in: text) else { return nil }
                isBehindRun = text[end - 1] == backslash
                position = end
                index += count
                continue
            }
            guard let end = end(of: secret[index], at: position, in: text, isBehindRun) else { return nil }
            isBehindRun = false
            position = end
            index += 1
        }
        return position
    }

    private static func end(of point: UInt32, at start: Int, in text: [UInt8], _ isBehindRun: Bool) -> Int? {
        let plain = utf8(point)
        if !plain.isEmpty, text[start...].starts(with: plain) { return start + plain.count }
        let mark = skippingBackslashes(start, in: text)
        guard mark > start || isBehindRun, mark < text.count else { return nil }
        if let letter = letter(point), text[mark] == letter { return mark + 1 }
        return end(ofHex: point, at: mark, in: text)
    }

    /// `u00e9`, or the first half of a pair, backslashes, and the second.
    private static func end(ofHex point: UInt32, at start: Int, in text: [UInt8]) -> Int? {
        if point < 0x10000 { return hex(at: start, in: text) == point ? start + 5 : nil }
        guard hex(at: start, in: text) == 0xD800 + (point - 0x10000) >> 10 else { return nil }
        let second = skippingBackslashes(start + 5, in: text)
        return second > start + 5 && hex(at: second, in: text) == 0xDC00 + (point & 0x3FF) ? second + 5 : nil
    }

    /// `count` backslashes, each of them one or more, or `\u005c`.
    private static func end(ofBackslashes count: Int, at start: Int, in text: [UInt8]) -> Int? {
        var position = start
        var left = count
        while left > 0 {
            let end = skippingBackslashes(position, in: text)
            if end == position { return nil }
            if hex(at: end, in: text) == UInt32(backslash) {
                position = end + 5
                left -= 1
            } else {
                return end - position >= left ? end : nil
            }
        }
        return position
    }

    private static func skippingBackslashes(_ start: Int, in text: [UInt8]) -> Int {
        var position = start
        while position < text.count, text[position] == backslash { position += 1 }
        return position
    }

    /// The value of `uXXXX`.
    private static func hex(at start: Int, in text: [UInt8]) -> UInt32? {
        guard start + 5 <= text.count, text[start] == UInt8(ascii: "u") else { return nil }
        var value: UInt32 = 0
        for byte in text[(start + 1)..<(start + 5)] {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// The character behind the backslash of a short escape: punctuation for itself, letters for control characters.
    private static func letter(_ point: UInt32) -> UInt8? {
        switch point {
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0A: UInt8(ascii: "n")
        case 0x0C: UInt8(ascii: "f")
        case 0x0D: UInt8(ascii: "r")
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: UInt8(point)
        default: nil
        }
    }

    /// Empty for half of a surrogate pair.
    private static func utf8(_ point: UInt32) -> [UInt8] { Unicode.Scalar(point).map { Array(String($0).utf8) } ?? [] }
}
