import SluiceCore

/// The beginning of a child's standard output, which is the job's result. The rest is only counted.
struct OutputHead: Sendable, Equatable {
    /// The most bytes of JSON in the result.
    let limit: Int
    /// Bytes beyond the limit, to recognize a value that the cut splits.
    private let reach: Int
    private(set) var bytes: [UInt8] = []
    /// All bytes that were written.
    private(set) var total = 0

    init(limit: Int, reach: Int = 0) {
        self.limit = limit
        self.reach = reach
    }

    mutating func append(_ chunk: UnsafeRawBufferPointer) {
        total += chunk.count
        let room = limit + reach - bytes.count
        if room > 0 { bytes.append(contentsOf: chunk.prefix(room)) }
    }

    /// The result as JSON: the output itself if it is JSON, else the text as a string without trailing line ends; nil if empty.
    ///
    /// A result above the limit, including its quotes, becomes an object that says so and holds as much of the beginning as fits:
    /// `{"truncated":true,"bytes":104857600,"head":"…"}`. The object is for people, so redacted values are removed from it.
    func json(hiding redaction: Redaction = .none) -> [UInt8]? {
        guard total <= limit else { return truncated(redaction) }
        let trimmed = bytes.prefix(bytes.count - bytes.reversed().prefix { $0 == 0x0A || $0 == 0x0D }.count)
        if trimmed.isEmpty { return nil }
        let text = JSONValue(text: Array(trimmed)).encoded()
        return text.count <= limit ? text : truncated(redaction)
    }

    private func truncated(_ redaction: Redaction) -> [UInt8] {
        let shown = 0..<min(bytes.count, limit)
        // A JSON text contains names and values again, so both are masked.
        let fields = redaction.masking(fieldsOf: redaction.masking(bytes, showing: shown))
        let value: JSONValue = ["truncated": true, "bytes": .integer(total), "head": ""]
        let frame = value.encoded()
        let head = JSONValue.string(Self.text(fields[...], isCut: total > shown.count)).encoded()
        let inside = Self.fitting(head[1..<(head.count - 1)], limit - frame.count)
        // The frame ends with `"}`: the head goes between its quotes.
        return Array(frame[..<(frame.count - 2)]) + Array(inside) + Array("\"}".utf8)
    }

    /// As much of the inside of a JSON string as fits, without a split escape or character.
    private static func fitting(_ quoted: ArraySlice<UInt8>, _ limit: Int) -> ArraySlice<UInt8> {
        var end = quoted.startIndex
        while end < quoted.endIndex {
            let length: Int
            switch quoted[end] {
            case UInt8(ascii: "\\"): length = quoted[end + 1] == UInt8(ascii: "u") ? 6 : 2
            case ..<0x80: length = 1
            case ..<0xE0: length = 2
            case ..<0xF0: length = 3
            default: length = 4
            }
            if end + length - quoted.startIndex > limit { break }
            end += length
        }
        return quoted[..<end]
    }

    /// Decodes the bytes without a character that the cut has split.
    private static func text(_ bytes: ArraySlice<UInt8>, isCut: Bool) -> String {
        var end = bytes.endIndex
        var back = 0
        while isCut, back < 4, end > bytes.startIndex {
            let byte = bytes[end - 1]
            if byte < 0x80 { break }
            end -= 1
            back += 1
            guard byte >= 0xC0 else { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
            if back == length { end += back }
            break
        }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }
}
