import Foundation
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
    /// What is not UTF-8 is kept byte by byte in `{"base64":"…"}`: the work is done, and other characters in the place of some bytes
    /// would be another result. What is above the limit, or would be once it is quoted, becomes an object that says so and holds the
    /// beginning, as much as fits: `{"truncated":true,"bytes":104857600,"head":"…"}`, or `base64` instead of `head`. In these what has to
    /// be hidden is masked first, because it could not be found in base64.
    func json(hiding redaction: Redaction = .none) -> [UInt8]? {
        guard total <= limit else { return truncated(redaction) }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            let value: JSONValue = ["base64": .string(Self.base64(masked(redaction, showing: 0..<bytes.count)))]
            let text = value.encoded()
            return text.count <= limit ? text : truncated(redaction)
        }
        let trimmed = bytes.prefix(bytes.count - bytes.reversed().prefix { $0 == 0x0A || $0 == 0x0D }.count)
        if trimmed.isEmpty { return nil }
        let text = JSONValue(text: Array(trimmed)).encoded()
        return text.count <= limit ? text : truncated(redaction)
    }

    private func truncated(_ redaction: Redaction) -> [UInt8] {
        let shown = 0..<min(bytes.count, limit)
        let fields = masked(redaction, showing: shown)
        let whole = total > shown.count ? Self.withoutTornEnd(fields[...]) : fields[...]
        guard let text = String(validating: whole, as: UTF8.self) else { return truncatedBytes(fields) }
        let value: JSONValue = ["truncated": true, "bytes": .integer(total), "head": ""]
        let frame = value.encoded()
        let head = JSONValue.string(text).encoded()
        let inside = Self.fitting(head[1..<(head.count - 1)], limit - frame.count)
        // The frame ends with `"}`: the head goes between its quotes.
        return Array(frame[..<(frame.count - 2)]) + Array(inside) + Array("\"}".utf8)
    }

    /// A JSON text repeats names and values; both are looked for.
    private func masked(_ redaction: Redaction, showing shown: Range<Int>) -> [UInt8] {
        redaction.masking(fieldsOf: redaction.masking(bytes, showing: shown))
    }

    private func truncatedBytes(_ bytes: [UInt8]) -> [UInt8] {
        func value(_ text: String) -> [UInt8] {
            let value: JSONValue = ["truncated": true, "bytes": .integer(total), "base64": .string(text)]
            return value.encoded()
        }
        let room = max(limit - value("").count, 0) / 4 * 3
        return value(Self.base64(Array(bytes.prefix(room))))
    }

    private static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// So much of the inside of a JSON string as fits, no escape and no character torn.
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

    /// Without the character that the cut may have torn.
    private static func withoutTornEnd(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var end = bytes.endIndex
        var back = 0
        while back < 4, end > bytes.startIndex {
            let byte = bytes[end - 1]
            if byte < 0x80 { break }
            end -= 1
            back += 1
            guard byte >= 0xC0 else { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
            if back == length { end += back }
            break
        }
        return bytes[..<end]
    }
}
