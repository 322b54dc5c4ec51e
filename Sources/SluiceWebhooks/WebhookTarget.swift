import SluiceCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The destination of a notification, parsed from its URL.
struct WebhookTarget: Sendable, Hashable {
    /// The reason why a URL is refused.
    struct Refused: Error, Hashable, CustomStringConvertible {
        var description: String
    }

    /// The URL as it is requested.
    let url: String
    /// A name, or an address without brackets, as it stands in the URL.
    let host: String
    /// The canonical host, the same for every spelling: a name in lower case without its last dot, or an address in its usual form.
    let name: String
    let port: Int
    /// Whether the host is an address, in any form.
    let isAddress: Bool

    /// The address, if the host is one in its usual form.
    var address: IPAddress? { IPAddress(host) }

    /// Refuses schemes other than http and https, users and passwords, and hosts whose text is ambiguous.
    init(_ text: String) throws(Refused) {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), let named = url.host, !named.isEmpty else {
            throw Refused(description: "it is no URL with a host")
        }
        guard scheme == "https" || scheme == "http" else { throw Refused(description: "its scheme is neither http nor https") }
        if url.user != nil || url.password != nil { throw Refused(description: "it has a user") }
        var host = named
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        let isName = host.utf8.allSatisfy {
            (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || "-._".utf8.contains($0)
        }
        guard isName || IPAddress(host)?.bytes.count == 16 else {
            throw Refused(description: "its host is neither a name nor an address")
        }
        self.url = text
        self.host = host
        let address = IPAddress(written: host)
        isAddress = address != nil
        name = address?.description ?? Self.normalised(host)
        if name.isEmpty { throw Refused(description: "its host is neither a name nor an address") }
        port = url.port ?? (scheme == "https" ? 443 : 80)
        guard (1...65_535).contains(port) else { throw Refused(description: "its port is none") }
    }

    private static func normalised(_ host: String) -> String {
        var name = host.lowercased()
        while name.hasSuffix(".") { name.removeLast() }
        return name
    }
}
