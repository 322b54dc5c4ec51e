/// A block of IP addresses with the same prefix, such as `10.0.0.0/8` or `fd00::/8`.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    private let start: IPAddress
    private let bits: Int

    /// Parses a range, or a single address.
    /// - Throws: `invalidArgument` if the text is neither.
    public init(_ text: String) throws(SluiceError) {
        guard let range = AddressRange(reading: text) else {
            throw SluiceError(.invalidArgument, "'\(text)' is no range of addresses, such as 10.0.0.0/8, fd00::/8 or 192.0.2.7")
        }
        self = range
    }

    /// Parses a range, or a single address; nil if the text is neither.
    package init?(reading text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let start = IPAddress(String(first)) else { return nil }
        let most = start.bytes.count * 8
        guard let bits = parts.count > 1 ? Int(parts[1]) : most, (0...most).contains(bits) else { return nil }
        self.init(start, bits)
    }

    private init(_ start: IPAddress, _ bits: Int) {
        self.start = start
        self.bits = bits
    }

    /// Every address, of both versions.
    public static let all = [
        AddressRange(IPAddress(bytes: Array(repeating: 0, count: 4)), 0),
        AddressRange(IPAddress(bytes: Array(repeating: 0, count: 16)), 0),
    ]

    /// Parses ranges written in code; drops invalid ones.
    package static func list(_ texts: String...) -> [AddressRange] { texts.compactMap { AddressRange(reading: $0) } }

    /// Whether an address is among these, as it is written: an IPv6 address that is mapped from IPv4 is in no IPv4 range.
    package func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == start.bytes.count else { return false }
        let whole = bits / 8
        guard address.bytes.prefix(whole) == start.bytes.prefix(whole) else { return false }
        guard bits % 8 > 0 else { return true }
        return (address.bytes[whole] ^ start.bytes[whole]) >> (8 - bits % 8) == 0
    }

    /// The range as text, in the form that `init(_:)` parses.
    public var description: String { "\(start)/\(bits)" }
}
