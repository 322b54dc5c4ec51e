import SluiceCore

/// Decides which addresses a web hook may go to. A user who chooses the URL must not reach hosts that only this machine and its
/// network can reach: https://owasp.org/www-community/attacks/Server_Side_Request_Forgery.
struct AddressRules: Sendable {
    /// Ranges that are allowed although the rules refuse them.
    var allowed: [AddressRange]

    /// IPv4 ranges that are not globally reachable, from the IANA registry of special addresses (RFC 6890): this network, private
    /// networks, carrier networks (RFC 6598), loopback, link-local, documentation, benchmarks, multicast, reserved.
    private static let special4 = AddressRange.list(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4")

    /// The only IPv6 range that is globally reachable. Mapped IPv4, local and multicast addresses lie outside it.
    private static let global6 = AddressRange.list("2000::/3")
    /// Exceptions inside that range: protocols, Teredo, documentation, 6to4.
    private static let special6 = AddressRange.list("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")

    func allows(_ address: IPAddress) -> Bool {
        if allowed.contains(where: { $0.contains(address) }) { return true }
        if address.bytes.count == 4 { return !Self.special4.contains { $0.contains(address) } }
        return Self.global6.contains { $0.contains(address) } && !Self.special6.contains { $0.contains(address) }
    }
}
