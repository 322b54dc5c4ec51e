/// Why a Redis server of our own cannot be used; the description is written for the person at the terminal.
package enum EmbeddedRedisError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Neither `redis-server` nor `valkey-server` is in the search path.
    case notInstalled
    /// A server was found, but its functions (`FUNCTION LOAD`) are missing: they came with Redis 7.
    case tooOld(executable: String, version: String)
    /// `sockaddr_un` has no room for the path.
    case socketPathTooLong(path: String, limit: Int)
    /// The directory cannot be made, or other users could tamper with what is in it.
    case unusableDirectory(path: String, reason: String)
    /// The server ended before it answered; `log` holds the last lines it wrote.
    case diedAtStart(executable: String, log: String)
    /// The server is there, yet gives no answer in time; `processID` is 0 when unknown.
    case silent(socket: String, processID: Int32)
    /// A system call or a helper command failed.
    case system(String)

    package var description: String {
        switch self {
        case .notInstalled:
            "redis-server is not installed: install Redis 7 or later (Debian, Ubuntu: apt-get install redis-server; "
                + "macOS: brew install redis), or name a server with --redis or SLUICE_REDIS_URL"
        case .tooOld(let executable, let version):
            "\(executable) is version \(version), but Redis 7 or later (or Valkey) is needed"
        case .socketPathTooLong(let path, let limit):
            "the socket path \(path) has \(path.utf8.count) bytes, the system allows \(limit): "
                + "set SLUICE_HOME to a shorter directory"
        case .unusableDirectory(let path, let reason):
            "\(path) cannot hold a private Redis: \(reason)"
        case .diedAtStart(let executable, let log):
            "\(executable) ended at its start" + (log.isEmpty ? ", without a word in its log" : "; its log ends with:\n\(log)")
        case .silent(let socket, let processID):
            "the Redis at \(socket)" + (processID > 0 ? " (pid \(processID))" : "") + " is running, but does not answer"
        case .system(let what):
            what
        }
    }
}
