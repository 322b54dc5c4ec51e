/// Which addresses web hooks may be at. Whoever may choose a URL must not reach with it what only this host and its network can:
/// https://owasp.org/www-community/attacks/Server_Side_Request_Forgery.
struct AddressRules: Sendable {
    /// Exceptions.
    var allowed: [AddressRange]

    /// Of version 4, what the IANA's registry of special addresses (RFC 6890) keeps from being reached globally: this network, private ones, those of
    /// carriers (RFC 6598), loopback, link-local, documentation, benchmarks, multicast and what is reserved.
    private static let special4 = AddressRange.list(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4")

    /// Of version 6 only this is reached globally; what is mapped from version 4, local or multicast lies outside.
    private static let global6 = AddressRange.list("2000::/3")
    /// But not these: for protocols, Teredo, documentation, 6to4.
    private static let special6 = AddressRange.list("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")

    func allows(_ address: IPAddress) -> Bool {
        if allowed.contains(where: { $0.contains(address) }) { return true }
        if address.bytes.count == 4 { return !Self.special4.contains { $0.contains(address) } }
        return Self.global6.contains { $0.contains(address) } && !Self.special6.contains { $0.contains(address) }
    }
}
