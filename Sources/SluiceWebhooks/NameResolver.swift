import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Looks names up, and remembers them for some seconds. Connections are made to what it found, and not to what the name means by
/// then, so an answer that changes between check and use changes nothing.
final class NameResolver: Sendable {
    /// The name is not known, or nobody who could know it answers.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    typealias Lookup = @Sendable (String) throws(Failure) -> [IPAddress]

    private static let memory = TimeAmount.seconds(10)
    private static let mostNames = 10_000

    private let lookup: Lookup
    private let known = Mutex<[String: (addresses: [IPAddress], until: NIODeadline)]>([:])

    init(lookup: @escaping Lookup = NameResolver.ask) { self.lookup = lookup }

    /// The addresses of a host, in the order of preference of this system.
    func addresses(of target: WebhookTarget) async throws -> [IPAddress] {
        if let address = target.address { return [address] }
        let host = target.host
        if let found = known.withLock({ $0[host] }), found.until > .now() { return found.addresses }
        let addresses = try await NIOThreadPool.singleton.runIfActive { [lookup] in try lookup(host) }
        known.withLock { known in
            if known.count >= Self.mostNames { known.removeAll() }
            known[host] = (addresses, .now() + Self.memory)
        }
        return addresses
    }

    /// Asks the system. Blocks.
    static func ask(_ host: String) throws(Failure) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(streamSocket)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0 else {
            throw Failure(description: "the name '\(host)' was not found: \(String(cString: gai_strerror(code)))")
        }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next {
            if let address = entry.pointee.ai_addr, let found = IPAddress(UnsafePointer(address)) { addresses.append(found) }
            next = entry.pointee.ai_next
        }
        if addresses.isEmpty { throw Failure(description: "the name '\(host)' has no address") }
        return addresses
    }

    #if canImport(Glibc)
        private static let streamSocket = SOCK_STREAM.rawValue
    #else
        private static let streamSocket = SOCK_STREAM
    #endif
}
