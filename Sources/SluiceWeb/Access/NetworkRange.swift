#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// IP addresses with the same first bits: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`.
struct NetworkRange: Sendable, Hashable {
    private let start: [UInt8]
    private let bits: Int

    /// Nil for a text that is none.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let first = parts.first, let start = Self.bytes(of: first) else { return nil }
        let most = start.count * 8
        guard let bits = parts.count > 1 ? Int(parts[1]) : most, (0...most).contains(bits) else { return nil }
        self.start = start
        self.bits = bits
    }

    /// Whether an address is among them. An IPv4 address that a socket for IPv6 shows as `::ffff:1.2.3.4` counts as what it is.
    func contains(_ address: String) -> Bool {
        guard var bytes = Self.bytes(of: address) else { return false }
        if start.count == 4, bytes.count == 16, bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] {
            bytes.removeFirst(12)
        }
        guard bytes.count == start.count, bytes.prefix(bits / 8) == start.prefix(bits / 8) else { return false }
        return bits % 8 == 0 || (bytes[bits / 8] ^ start[bits / 8]) >> (8 - bits % 8) == 0
    }

    private static func bytes(of text: String) -> [UInt8]? {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        if inet_pton(AF_INET6, text, &six) == 1 { return withUnsafeBytes(of: &six) { Array($0) } }
        return nil
    }
}
