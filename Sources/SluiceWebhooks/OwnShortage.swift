import NIOCore
import NIOPosix
import NIOSSL
import SluiceCore
import SluiceWorker

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a delivery fails for that is no fault of its receiver: this process or machine has no more descriptors, memory or ports.
enum OwnShortage {
    private static let codes: Set<Int32> = [EMFILE, ENFILE, ENOMEM, ENOBUFS]

    /// What was missing, for people; nil if the failure was another one.
    /// - Parameter address: That of the receiver, if it was found.
    static func reason(_ error: any Error, at address: IPAddress?) -> String? {
        switch error {
        case let failure as NameResolver.Failure: return failure.isOwn ? failure.description : nil
        case let error as NIOConnectionError:
            return error.connectionErrors.lazy.compactMap { reason($0.error, at: address) }.first
        case let error as IOError: return isOwn(error.errnoCode, at: address) ? text(error.errnoCode) : nil
        // The authorities are read when the first connection is made.
        case is NIOSSLError, is BoringSSLError: return Descriptors.shortage(of: 2)
        default: return nil
        }
    }

    /// Whether a lookup of a name failed so: the code of the resolver, and that of the system.
    static func isOwn(lookup code: Int32, _ systemCode: Int32) -> Bool {
        // The resolver takes a socket that it cannot open for a server that does not answer.
        code == EAI_MEMORY || code == EAI_SYSTEM && codes.contains(systemCode) || Descriptors.shortage(of: 4) != nil
    }

    private static func isOwn(_ code: Int32, at address: IPAddress?) -> Bool {
        if code == EADDRNOTAVAIL { return address.map(canSend) ?? false }
        return codes.contains(code)
    }

    /// Whether this machine has an address from which to reach another one: if so, no port was free. A datagram socket tells it, and
    /// sends nothing.
    private static func canSend(to address: IPAddress) -> Bool {
        guard let peer = try? SocketAddress(ipAddress: address.description, port: 9) else { return false }
        let socket = socket(address.bytes.count == 4 ? AF_INET : AF_INET6, datagrams, 0)
        guard socket >= 0 else { return true }
        defer { close(socket) }
        return peer.withSockAddr { connect(socket, $0, socklen_t($1)) } == 0
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

    #if canImport(Glibc)
        private static let datagrams = Int32(SOCK_DGRAM.rawValue)
    #else
        private static let datagrams = SOCK_DGRAM
    #endif
}
