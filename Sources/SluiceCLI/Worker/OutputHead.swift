import SluiceCore

/// The beginning of what a child wrote to its standard output, which is the job's result; the rest is only counted.
struct OutputHead: Sendable, Equatable {
    /// Bytes kept at most, and bytes of JSON that the result may have.
    let limit: Int
    private(set) var bytes: [UInt8] = []
    /// All bytes that were written.
    private(set) var total = 0

    init(limit: Int) { self.limit = limit }

    mutating func append(_ chunk: UnsafeRawBufferPointer) {
        total += chunk.count
        let room = limit - bytes.count
        if room > 0 { bytes.append(contentsOf: chunk.prefix(room)) }
    }

    /// The result as JSON: the output itself if it is JSON, else the text as a string, without line ends behind it; nil for none.
    ///
    /// What is above the limit, or would be once it is quoted, becomes an object that says so and holds the beginning:
    /// `{"truncated":true,"bytes":104857600,"head":"…"}`.
    func json() -> [UInt8]? {
        guard total <= limit else { return truncated() }
        let trimmed = bytes.prefix(bytes.count - bytes.reversed().prefix { $0 == 0x0A || $0 == 0x0D }.count)
        if trimmed.isEmpty { return nil }
        let text = JSONValue(text: Array(trimmed)).encoded()
        return text.count <= limit ? text : truncated()
    }

    private func truncated() -> [UInt8] {
        var head = bytes[...]
        while true {
            let value: JSONValue = [
                "truncated": true, "bytes": .integer(total), "head": .string(Self.text(head)),
            ]
            let text = value.encoded()
            if text.count <= limit || head.isEmpty { return text }
            // Quoting makes control characters six times as long, and bytes that are no UTF-8 three times.
            head = head.prefix(head.count * 3 / 4)
        }
    }

    /// Decodes, without the character that the cut may have torn.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
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
        return String(decoding: bytes[..<end], as: UTF8.self)
    }
}
