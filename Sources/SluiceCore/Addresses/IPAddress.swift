#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An IP address, version 4 or 6, as bytes.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 bytes or 16.
    package let bytes: [UInt8]

    /// Makes an address of 4 bytes or 16.
    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// Parses the strict textual form: four decimal numbers, or RFC 4291 without a zone.
    package init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            bytes = withUnsafeBytes(of: &six) { Array($0) }
        } else {
            return nil
        }
    }

    /// Also parses what the system accepts as IPv4: fewer dots, octal and hexadecimal numbers.
    package init?(written text: String) {
        var four = in_addr()
        if let address = IPAddress(text) {
            self = address
        } else if inet_aton(text.hasSuffix(".") ? String(text.dropLast()) : text, &four) != 0 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
        } else {
            return nil
        }
    }

    /// The IPv4 address that a mapped one (`::ffff:1.2.3.4`, RFC 4291) stands for; every other address as it is.
    package var unmapped: IPAddress {
        let isMapped = bytes.count == 16 && bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        return isMapped ? IPAddress(bytes: Array(bytes.dropFirst(12))) : self
    }

    /// The usual text, which `init(_:)` parses.
    package var description: String {
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, bytes, &buffer, socklen_t(buffer.count)) != nil else { return "?" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
