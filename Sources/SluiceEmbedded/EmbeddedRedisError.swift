/// The reason why our own Redis server cannot be used. The description addresses the person at the terminal.
package enum EmbeddedRedisError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Neither `redis-server` nor `valkey-server` is in the search path.
    case notInstalled
    /// A server was found, but it lacks functions (`FUNCTION LOAD`), which came with Redis 7.
    case tooOld(executable: String, version: String)
    /// The path is too long for `sockaddr_un`.
    case socketPathTooLong(path: String, limit: Int)
    /// The directory cannot be created, or other users could tamper with its contents.
    case unusableDirectory(path: String, reason: String)
    /// The server ended before it answered; `log` holds its last lines.
    case diedAtStart(executable: String, log: String)
    /// The server runs but does not answer in time; `processID` is 0 when unknown.
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
