/// The end of what a child wrote to its standard error, which explains why it failed.
struct OutputTail: Sendable, Equatable {
    /// Bytes kept at most.
    let limit: Int
    private var bytes: [UInt8] = []
    private var isCut = false

    init(limit: Int) { self.limit = limit }

    mutating func append(_ chunk: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: chunk.suffix(limit))
        let excess = bytes.count - limit
        if chunk.count > limit || excess > 0 { isCut = true }
        if excess > 0 { bytes.removeFirst(excess) }
    }

    /// The text without blanks around it; where its beginning is lost, it starts with `…`.
    var text: String {
        let whole = isCut ? Self.withoutTornStart(bytes[...]) : bytes[...]
        // Bytes that are no UTF-8 are replaced, which makes three of each.
        let decoded = Array(String(decoding: whole, as: UTF8.self).utf8)
        let isCut = isCut || decoded.count > limit
        let text = String(decoding: isCut ? Self.withoutTornStart(decoded.suffix(limit)) : decoded[...], as: UTF8.self)
        let trimmed = text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
        return (isCut ? "…" : "") + String(trimmed)
    }

    /// A cut may have torn a character: what is left of it goes.
    private static func withoutTornStart(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        bytes.dropFirst(bytes.prefix(3).prefix { $0 & 0xC0 == 0x80 }.count)
    }
}
