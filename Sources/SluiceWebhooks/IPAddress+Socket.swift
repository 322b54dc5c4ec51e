import SluiceCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension IPAddress {
    /// Takes the IP address of a socket address; nil for other families.
    init?(_ address: UnsafePointer<sockaddr>) {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            self.init(bytes: UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self).sin_addr.bytes)
        case AF_INET6:
            self.init(bytes: UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self).sin6_addr.bytes)
        default: return nil
        }
    }
}

extension in_addr {
    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }
}

extension in6_addr {
    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }
}
