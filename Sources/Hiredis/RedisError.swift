/// The error of a command. The cases differ in what a caller can do about them.
///
/// The texts are one line each, name the server's address, and never contain a password or an argument.
package enum RedisError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No connection could be made (refused, no such host, TLS, too slow), so nothing was sent.
    case unreachable(String)
    /// The connection went away with the call in flight: the server may or may not have executed it.
    case lost(String)
    /// The command's deadline passed and the connection was closed: the server may or may not have executed it.
    case timedOut(Duration)
    /// The reply was not RESP2, or belonged to no command; the connection was closed.
    case protocolViolation(String)
    /// The server answered with an error.
    case server(RedisServerError)
    /// The command was not sent: the server rejects the client (AUTH, SELECT), or the command cannot be encoded.
    case refused(String)
    /// The client was closed, or the waiting task was cancelled.
    case closed

    /// Whether the server may have executed the command without a reply.
    ///
    /// A `protocolViolation` counts: the command may have been sent before the stream broke.
    package var isOutcomeUnknown: Bool {
        switch self {
        case .lost, .timedOut, .protocolViolation: true
        case .unreachable, .server, .refused, .closed: false
        }
    }

    package var description: String {
        switch self {
        case .unreachable(let reason): "cannot reach Redis: \(reason)"
        case .lost(let reason): "lost the connection to Redis: \(reason)"
        case .timedOut(let limit): "no reply from Redis within \(limit)"
        case .protocolViolation(let reason): "not the Redis protocol: \(reason)"
        case .server(let error): "Redis answered: \(error)"
        case .refused(let reason): "Redis refused: \(reason)"
        case .closed: "the Redis client is closed"
        }
    }
}
