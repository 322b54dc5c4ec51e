/// What went wrong with a command, sorted by what a caller can do about it.
///
/// The texts are one line each, name the server's address, and never contain a password or an argument of a command.
package enum RedisError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No connection could be made (refused, no such host, TLS, too slow), so nothing was sent.
    case unreachable(String)
    /// The connection went away with the call in flight: the server may or may not have executed it.
    case lost(String)
    /// The command's deadline passed and the connection was closed: the server may or may not have executed it.
    case timedOut(Duration)
    /// What came back was not RESP2, or nobody had asked for it; the connection was closed.
    case protocolViolation(String)
    /// The server answered with an error.
    case server(RedisServerError)
    /// The command was never sent: the server does not let us in (AUTH, SELECT), or the command cannot be encoded.
    case refused(String)
    /// The client was closed, or the waiting task was cancelled.
    case closed

    /// Whether the server may have executed the command although no reply tells so.
    ///
    /// A `protocolViolation` counts: whether the command had left before the stream broke is not known.
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
