import HTTPTypes
import Hummingbird
import SluiceCore
public import SluiceInspector

/// A proxy that has checked who asks, and tells the name in a header.
///
/// The header counts only if the connection comes from a named address: every other client could write it. The proxy has to remove the
/// header from what it receives.
public struct TrustedProxy: Sendable {
    /// A value that makes no proxy.
    public struct Invalid: Error, CustomStringConvertible, Hashable {
        /// What is wrong, in one line.
        public var description: String
    }

    private let header: HTTPField.Name
    private let ranges: [AddressRange]
    private let role: Role

    /// - Parameters:
    ///   - header: The name of the header, such as `X-Remote-User`.
    ///   - ranges: The addresses of the proxy, such as `127.0.0.1` or `10.1.0.0/16`; at least one.
    ///   - role: The role of the users whom the proxy names.
    /// - Throws: ``Invalid`` for a text that is no name of a header or no range of addresses, and without ranges.
    public init(header: String, from ranges: [String], role: Role) throws(Invalid) {
        guard let name = HTTPField.Name(header) else {
            throw Invalid(description: "'\(header.prefix(40))' is no name of a header: write one such as X-Remote-User")
        }
        if ranges.isEmpty { throw Invalid(description: "a header is trusted from named addresses only, and none was named") }
        var known: [AddressRange] = []
        for text in ranges {
            guard let range = AddressRange(reading: text) else {
                throw Invalid(
                    description: "'\(text.prefix(60))' is no range of addresses, such as 127.0.0.1, 10.1.0.0/16 or fd00::/8")
            }
            known.append(range)
        }
        self.header = name
        self.ranges = known
        self.role = role
    }

    /// The person whom the proxy names; nil if the request does not come from the proxy, or names no user.
    func principal(of request: Request, from address: String) -> Principal? {
        // A socket for IPv6 shows an IPv4 address as a mapped one.
        guard let client = IPAddress(address), ranges.contains(where: { $0.contains(client) || $0.contains(client.unmapped) })
        else { return nil }
        // Several fields of one name would be joined with a comma, which no name has.
        guard let name = request.headers[header], Users.isName(name) else { return nil }
        return Principal(name: name, role: role)
    }
}
