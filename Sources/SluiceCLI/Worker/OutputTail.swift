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
        // A cut may have torn a character: what is left of it goes.
        let start = isCut ? bytes.prefix(3).prefix { $0 & 0xC0 == 0x80 }.count : 0
        let text = String(decoding: bytes[start...], as: UTF8.self)
        let trimmed = text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
        return (isCut ? "…" : "") + String(trimmed)
    }
}
