/// The encoded value of a partition in lanes, gates and the names of limits.
package enum PartitionValue {
    /// Bytes above which a digest replaces the value.
    private static let longest = 64

    /// Percent-encodes characters outside `[A-Za-z0-9_.-]`. If that takes more than 64 bytes: `~` and 16 hexadecimal digits of
    /// FNV-1a.
    package static func encoded(_ value: String) -> String {
        var bytes: [UInt8] = []
        for byte in value.utf8 {
            if DimensionName.isPlain(byte) {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(contentsOf: hex(UInt64(byte), digits: 2))
            }
            if bytes.count > longest { return "~" + String(decoding: hex(fnv1a(value.utf8), digits: 16), as: UTF8.self) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether `encoded` can return this text.
    package static func isEncoded(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        if bytes.first == UInt8(ascii: "~") { return bytes.count == 17 && bytes.dropFirst().allSatisfy(isHex) }
        if bytes.count > longest { return false }
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "%") {
                guard at + 2 < bytes.count, isHex(bytes[at + 1]), isHex(bytes[at + 2]) else { return false }
                at += 3
            } else {
                guard DimensionName.isPlain(bytes[at]) else { return false }
                at += 1
            }
        }
        return true
    }

    private static let alphabet = Array("0123456789ABCDEF".utf8)

    private static func isHex(_ byte: UInt8) -> Bool { alphabet.contains(byte) }

    private static func hex(_ number: UInt64, digits: Int) -> [UInt8] {
        (0..<digits).map { alphabet[Int(number >> UInt64(4 * (digits - 1 - $0)) & 15)] }
    }

    private static func fnv1a(_ bytes: String.UTF8View) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }
}
