/// A key of the keyboard, as far as `sluice top` knows it.
enum TopKey: Sendable, Equatable {
    case up, down, pageUp, pageDown, home, end, enter, escape
    case character(Character)

    /// Reads what a terminal sends. A sequence arrives whole; a lone escape is the key.
    static func keys(_ bytes: [UInt8]) -> [TopKey] {
        var keys: [TopKey] = []
        var rest = bytes[...]
        while let byte = rest.first {
            if byte == 0x1B, let (key, length) = sequence(rest) {
                if let key { keys.append(key) }
                rest = rest.dropFirst(length)
                continue
            }
            rest = rest.dropFirst()
            switch byte {
            case 0x1B: keys.append(.escape)
            case 0x0A, 0x0D: keys.append(.enter)
            case 0x20...0x7E: keys.append(.character(Character(Unicode.Scalar(byte))))
            default: break
            }
        }
        return keys
    }

    /// The key of a sequence, nil for one that is not known, and its length; nil if there is no sequence.
    private static func sequence(_ bytes: ArraySlice<UInt8>) -> (TopKey?, Int)? {
        let bytes = Array(bytes)
        guard bytes.count > 2, bytes[1] == UInt8(ascii: "[") || bytes[1] == UInt8(ascii: "O") else { return nil }
        guard let end = bytes[2...].firstIndex(where: { (0x40...0x7E).contains($0) }) else { return (nil, bytes.count) }
        return (named[String(decoding: bytes[2...end], as: UTF8.self)], end + 1)
    }

    private static let named: [String: TopKey] = [
        "A": .up, "B": .down, "H": .home, "F": .end, "1~": .home, "7~": .home, "4~": .end, "8~": .end, "5~": .pageUp,
        "6~": .pageDown,
    ]
}
