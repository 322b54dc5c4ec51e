import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Turns NIO's errors of a failed connection into one line for people.
enum ConnectFailure {
    /// The error for a call that waited for the connection. It was not sent, whatever happened in the handshake.
    /// - Parameter hint: a possible reason for the server's silence.
    static func error(_ error: any Error, place: String, hint: String = "") -> RedisError {
        guard let error = error as? RedisError else { return .unreachable("\(place): \(text(of: error))") }
        switch error {
        case .lost(let reason): return .unreachable(reason)
        case .timedOut(let limit): return .unreachable("\(place): no answer to the handshake within \(limit)\(hint)")
        case .closed: return .unreachable("\(place): the connection was closed")
        case .unreachable, .protocolViolation, .server, .refused: return error
        }
    }

    static func text(of error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError: text(of: error)
        case let error as IOError: String(cString: strerror(error.errnoCode)).lowercased()
        case ChannelError.connectTimeout: "no connection in time"
        case is SocketAddressError: "no such host"
        case let error as NIOSSLError: "TLS: \(line(error))"
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            "TLS: the server's certificate is for another name"
        case let error as NIOSSLExtraError: "TLS: \(line(error))"
        case let error as BoringSSLError: "TLS: \(line(error))"
        case let error as RedisError: error.description
        default: line(error)
        }
    }

    private static func text(of error: NIOConnectionError) -> String {
        if let first = error.connectionErrors.first { return text(of: first.error) }
        return error.dnsAError == nil && error.dnsAAAAError == nil ? "no connection in time" : "no such host"
    }

    private static func line(_ error: any Error) -> String {
        let text = String(describing: error)
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return "the server's certificate is not to be trusted" }
        if text.contains("WRONG_VERSION_NUMBER") { return "the server does not speak TLS" }
        return String(text.prefix(200).map { $0.isNewline ? " " : $0 })
    }
}
