package import NIOSSL

/// Whether a certificate is for a name.
///
/// NIOSSL takes one that is for the peer's address instead, whatever name was asked for. Whoever has an address of its own certified and
/// can make a name lead there would pass for any name.
package enum PeerName {
    /// Whether the name is among those of a certificate that NIOSSL has taken. One without any names of this kind was taken for its common
    /// name, which it has compared.
    package static func matches(_ certificate: NIOSSLCertificate, _ name: String) -> Bool {
        let alternatives = certificate._subjectAlternativeNames()
        if alternatives.isEmpty { return true }
        let wanted = labels(name)
        return alternatives.contains { $0.nameType == .dnsName && matches(String(decoding: $0.contents, as: UTF8.self), wanted) }
    }

    /// A star stands for the first label, or for a part of it (RFC 6125, section 6.4.3).
    private static func matches(_ pattern: String, _ wanted: [Substring]) -> Bool {
        let labels = labels(pattern)
        guard labels.count == wanted.count, let first = labels.first, let own = wanted.first,
            labels.dropFirst().elementsEqual(wanted.dropFirst())
        else { return false }
        guard let star = first.firstIndex(of: "*") else { return first == own }
        let (head, tail) = (first[..<star], first[first.index(after: star)...])
        return own.utf8.count >= first.utf8.count && own.hasPrefix(head) && own.hasSuffix(tail) && !own.hasPrefix("xn--")
    }

    private static func labels(_ name: String) -> [Substring] {
        let name = name.lowercased()
        return (name.hasSuffix(".") ? name.dropLast() : name[...]).split(separator: ".", omittingEmptySubsequences: false)
    }
}
