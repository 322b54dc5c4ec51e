import SluiceCore

/// The end of a child's standard error, which explains a failure.
struct OutputTail: Sendable, Equatable {
    /// The most bytes to keep.
    let limit: Int
    /// Bytes before those, to recognize a value that the cut splits.
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
        // Twice as many bytes are buffered, so that not every piece moves the kept bytes.
        if bytes.count > 2 * kept { bytes.removeFirst(bytes.count - kept) }
    }

    /// The text without surrounding blanks and redacted values. It starts with `…` if its beginning is lost.
    func text(hiding redaction: Redaction = .none) -> String {
        let shown = max(bytes.count - limit, 0)..<bytes.count
        let masked = redaction.masking(bytes, showing: shown)
        let whole = isCut ? Self.withoutTornStart(masked[...]) : masked[...]
        // Each byte that is not UTF-8 is replaced by three bytes.
        let decoded = Array(String(decoding: whole, as: UTF8.self).utf8)
        let isCut = isCut || decoded.count > limit
        let text = String(decoding: isCut ? Self.withoutTornStart(decoded.suffix(limit)) : decoded[...], as: UTF8.self)
        let trimmed = text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
        return (isCut ? "…" : "") + String(trimmed)
    }

    /// Removes the rest of a character that the cut has split.
    private static func withoutTornStart(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        bytes.dropFirst(bytes.prefix(3).prefix { $0 & 0xC0 == 0x80 }.count)
    }
}
