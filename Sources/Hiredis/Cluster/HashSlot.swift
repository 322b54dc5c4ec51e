/// The slot of a key in Redis Cluster: CRC16 of the key, modulo 16,384.
///
/// Source: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model
package enum HashSlot {
    package static let count = 16_384

    /// The slot of a key, 0 to 16,383. If the key contains a hash tag, only the tag counts.
    package static func of(_ key: String) -> Int {
        var key = key
        return key.withUTF8 { Int(checksum(tag(of: $0))) & (count - 1) }
    }

    /// The bytes between the first `{` and the next `}`; the whole key if there are none, or nothing stands between them.
    private static func tag(of key: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")),
            let close = key[(open + 1)...].firstIndex(of: UInt8(ascii: "}")), close > open + 1
        else { return key }
        return UnsafeBufferPointer(rebasing: key[(open + 1)..<close])
    }

    /// CRC16 XMODEM: polynomial 0x1021, start 0, nothing reflected.
    static func checksum(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt16 {
        table.withUnsafeBufferPointer { table in
            bytes.reduce(0) { crc, byte in crc << 8 ^ table[Int(crc >> 8 ^ UInt16(byte))] }
        }
    }

    private static let table: [UInt16] = (0..<256).map { byte in
        (0..<8).reduce(UInt16(byte) << 8) { crc, _ in crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
    }
}
