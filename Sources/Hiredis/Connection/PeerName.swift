package import NIOSSL

/// Checks that a certificate is for a name.
///
/// NIOSSL also accepts a certificate for the peer's address, whatever name was requested. An attacker with a certificate for an
/// own address, who can redirect a name to it, could then impersonate any name.
package enum PeerName {
    /// Whether a certificate that NIOSSL has accepted contains the name. NIOSSL accepts one without such names for its common
    /// name, which it has compared.
    package static func matches(_ certificate: NIOSSLCertificate, _ name: String) -> Bool {
        let alternatives = certificate._subjectAlternativeNames()
        if alternatives.isEmpty { return true }
        let wanted = labels(name)
        return alternatives.contains { $0.nameType == .dnsName && matches(String(decoding: $0.contents, as: UTF8.self), wanted) }
    }

    /// A star matches the first label, or a part of it (RFC 6125, section 6.4.3).
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
