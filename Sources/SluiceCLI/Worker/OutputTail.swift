import SluiceCore

/// The end of what a child wrote to its standard error, which explains why it failed.
struct OutputTail: Sendable, Equatable {
    /// Bytes kept at most.
    let limit: Int
    /// Bytes before those, by which what the cut goes through is known.
    private let reach: Int
    private var bytes: [UInt8] = []
    private var isCut = false

    init(limit: Int, reach: Int = 0) {
        self.limit = limit
        self.reach = reach
    }

    mutating func append(_ chunk: UnsafeRawBufferPointer) {
        let kept = limit + reach
        if bytes.count + chunk.count > limit { isCut = true }
        bytes.append(contentsOf: chunk.suffix(kept))
        // Twice as much is let in, so that what is kept does not move with every piece.
        if bytes.count > 2 * kept { bytes.removeFirst(bytes.count - kept) }
    }

    /// The text without blanks around it, and without what has to be hidden; where its beginning is lost, it starts with `…`.
    func text(hiding redaction: Redaction = .none) -> String {
        let shown = max(bytes.count - limit, 0)..<bytes.count
        let masked = redaction.masking(bytes, showing: shown)
        let whole = isCut ? Self.withoutTornStart(masked[...]) : masked[...]
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
