/// One value on a tape, in 16 bytes.
struct ReplyNode: Hashable, Sendable {
    let kind: RedisValue.Kind
    /// The index behind this value and everything inside it.
    var next: UInt32
    /// A number, the number of elements, or offset and length of a text, 32 bits each, as no reply is longer than 512 MB.
    let payload: Int

    var textRange: Range<Int> {
        let offset = payload >> 32
        return offset..<(offset + (payload & 0xFFFF_FFFF))
    }

    static func null(at index: Int) -> Self {
        Self(kind: .null, next: UInt32(truncatingIfNeeded: index + 1), payload: 0)
    }

    static func integer(_ value: Int, at index: Int) -> Self {
        Self(kind: .integer, next: UInt32(truncatingIfNeeded: index + 1), payload: value)
    }

    static func text(_ kind: RedisValue.Kind, offset: Int, length: Int, at index: Int) -> Self {
        Self(kind: kind, next: UInt32(truncatingIfNeeded: index + 1), payload: offset << 32 | length)
    }

    static func array(count: Int, at index: Int) -> Self {
        Self(kind: .array, next: UInt32(truncatingIfNeeded: index + 1), payload: count)
    }
}
