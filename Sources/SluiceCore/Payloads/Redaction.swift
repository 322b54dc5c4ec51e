/// Hides the values of some fields, wherever they occur in a JSON text, and wherever another text repeats them.
package struct Redaction: Sendable {
    /// Names of object members, at any depth.
    private let fields: Set<String>
    /// The values of those members.
    private let secrets: SecretMatcher

    /// The text shown in place of a value.
    package static let mark = "[redacted]"

    /// - Parameter arguments: a JSON text. The values of the fields in it are hidden in other texts, too.
    package init(_ fields: [String], in arguments: [UInt8] = []) {
        self.fields = Set(fields)
        secrets = SecretMatcher(fields.isEmpty ? [] : Self.secrets(Self.walk(arguments, Set(fields)).values))
    }

    /// - Throws: `invalidArgument` for names that the function library would reject.
    package static func check(_ fields: [String]) throws(SluiceError) {
        if fields.count <= 100, fields.allSatisfy(KindName.isValid) { return }
        throw SluiceError(
            .invalidArgument, "a job redacts at most 100 fields, by names of 1 to 128 bytes without control characters")
    }

    /// Hides nothing.
    package static let none = Redaction([])

    /// Whether it hides nothing.
    package var isEmpty: Bool { fields.isEmpty }

    /// How many bytes around a cut are needed, so that nothing is left of a value that the cut splits.
    package var reach: Int { secrets.reach }

    /// A JSON text without the values of the fields, and without their repetitions in its strings and numbers.
    package func masking(json text: [UInt8]) -> [UInt8] {
        if isEmpty { return text }
        let masked = Self.walk(text, fields).masked
        let ranges = secrets.ranges(in: masked)
        if ranges.isEmpty { return masked }
        let result = Self.replacing(ranges, inJSON: masked)
        // A value that is part of an escape breaks the escape.
        return JSONText.isValid(result) || !JSONText.isValid(masked) ? result : Array("\"\(Self.mark)\"".utf8)
    }

    /// A text that is JSON or the beginning of JSON, without the values of the fields.
    package func masking(fieldsOf text: [UInt8]) -> [UInt8] { isEmpty ? text : Self.walk(text, fields).masked }

    /// A text without the values of the fields, in any spelling. Values of one or two characters stay: they occur in any text.
    package func masking(_ text: String) -> String {
        if isEmpty { return text }
        let bytes = Array(text.utf8)
        return String(decoding: masking(bytes, showing: 0..<bytes.count), as: UTF8.self)
    }

    /// A piece of a text without the values of the fields, including values that extend beyond the piece.
    package func masking(_ text: [UInt8], showing piece: Range<Int>) -> [UInt8] {
        Self.replacing(secrets.ranges(in: text), in: text, showing: piece)
    }

    private static func replacing(
        _ ranges: some Sequence<Range<Int>>, in text: [UInt8], showing piece: Range<Int>
    ) -> [UInt8] {
        var masked: [UInt8] = []
        var position = piece.lowerBound
        for range in ranges where range.overlaps(piece) {
            if range.lowerBound > position { masked += text[position..<range.lowerBound] }
            masked += mark.utf8
            position = range.upperBound
        }
        return position < piece.upperBound ? masked + text[position..<piece.upperBound] : masked
    }

    /// Keeps the text valid JSON: replaces the part of a string between its quotes, and any other value as a whole.
    private static func replacing(_ ranges: [Range<Int>], inJSON text: [UInt8]) -> [UInt8] {
        var masked: [UInt8] = []
        var position = 0
        var next = ranges.startIndex
        while position < text.count {
            let start = position
            if isStructure(text[position]) {
                masked.append(text[position])
                position += 1
                continue
            }
            let isString = text[position] == UInt8(ascii: "\"")
            position = isString ? end(ofStringAt: position, in: text) : text[position...].firstIndex(where: isEnd) ?? text.count
            while next < ranges.endIndex, ranges[next].upperBound <= start { next += 1 }
            let inside = ranges[next...].prefix { $0.lowerBound < position }
            if inside.isEmpty {
                masked += text[start..<position]
            } else if isString, position > start + 1 {
                masked.append(text[start])
                masked += replacing(inside, in: text, showing: (start + 1)..<(position - 1))
                masked.append(text[position - 1])
            } else {
                masked += "\"\(mark)\"".utf8
            }
        }
        return masked
    }

    private static func isStructure(_ byte: UInt8) -> Bool { byte <= 0x20 || "{}[]:,".utf8.contains(byte) }

    private static func isEnd(_ byte: UInt8) -> Bool { isStructure(byte) || byte == UInt8(ascii: "\"") }

    /// Copies a text without the values of the fields. In JSON, a string before a colon is a name.
    private static func walk(_ text: [UInt8], _ fields: Set<String>) -> (masked: [UInt8], values: [ArraySlice<UInt8>]) {
        var masked: [UInt8] = []
        var values: [ArraySlice<UInt8>] = []
        var position = 0
        while position < text.count {
            let start = position
            guard text[position] == UInt8(ascii: "\"") else {
                masked.append(text[position])
                position += 1
                continue
            }
            position = end(ofStringAt: position, in: text)
            let name = text[start..<position]
            masked += name
            let colon = skippingBlanks(position, in: text)
            guard colon < text.count, text[colon] == UInt8(ascii: ":"), fields.contains(string(name)) else { continue }
            let from = skippingBlanks(colon + 1, in: text)
            position = end(ofValueAt: from, in: text)
            values.append(text[from..<position])
            masked += Array(":\"\(mark)\"".utf8)
        }
        return (masked, values)
    }

    private static func skippingBlanks(_ start: Int, in text: [UInt8]) -> Int {
        text[start...].firstIndex { $0 > 0x20 } ?? text.count
    }

    /// The end of a string, or of the text: a beginning of JSON may end within one.
    private static func end(ofStringAt start: Int, in text: [UInt8]) -> Int {
        text.withUnsafeBytes { JSONScanner.end(ofStringAt: start, in: $0) ?? $0.count }
    }

    private static func end(ofValueAt start: Int, in text: [UInt8]) -> Int {
        text.withUnsafeBytes { JSONScanner.end(ofValueAt: start, in: $0) ?? $0.count }
    }

    private static func string(_ quoted: ArraySlice<UInt8>) -> String {
        quoted.withUnsafeBytes { (try? JSONText.string($0)) ?? "" }
    }

    /// The strings and numbers in the removed values, as code points.
    private static func secrets(_ values: [ArraySlice<UInt8>]) -> Set<[UInt32]> {
        var found: Set<[UInt32]> = []
        for value in values {
            let text = Array(value)
            var position = 0
            while position < text.count {
                let start = position
                if text[position] == UInt8(ascii: "\"") {
                    position = end(ofStringAt: position, in: text)
                    found.insert(points(text[start..<position]))
                } else if isOfNumber(text[position]) {
                    while position < text.count, isOfNumber(text[position]) { position += 1 }
                    found.insert(text[start..<position].map(UInt32.init))
                } else {
                    position += 1
                }
            }
        }
        return found.filter { $0.count > 2 }
    }

    /// The code points of a string with its quotes. Parts that no decoder accepts, such as half of a surrogate pair, stay as they
    /// are.
    private static func points(_ quoted: ArraySlice<UInt8>) -> [UInt32] {
        if let string = quoted.withUnsafeBytes({ try? JSONText.string($0) }) { return string.unicodeScalars.map(\.value) }
        return String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self).unicodeScalars.map(\.value)
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
    }
}
