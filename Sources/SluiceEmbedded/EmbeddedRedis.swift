import Foundation
import Subprocess
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The Redis server of one user. It starts at the first use, serves all of the user's processes, and outlives them.
///
/// It has one directory, keeps its data in an append-only file synced every second, and listens only on a Unix socket that only
/// its user can open. While it runs, its standard input holds the lock on `redis.lock`. So a process that gets that lock knows
/// that no server runs, whatever sockets and pids a crash left behind.
package struct EmbeddedRedis: Sendable {
    /// Absolute path of the directory that holds the socket, the data, the log and the lock.
    package let home: String
    private let searchPath: String?
    private let patience: Duration
    /// Further lines of `redis.conf`, and the password that they set: for a node of a cluster.
    private let configuration: [String]
    private let password: String?

    /// Names the server; touches nothing before `start`.
    ///
    /// - Parameters:
    ///   - home: `SLUICE_HOME` when nil, else `.local/state/sluice` under `HOME`, or under the home directory of the user account
    ///     without that.
    ///   - searchPath: Where to look for `redis-server` and `valkey-server`; `PATH` when nil.
    ///   - patience: How long a server may be silent before `start` and `stop` give up. Loading data does not count as silence.
    package init(home: String? = nil, searchPath: String? = nil, patience: Duration = .seconds(15)) {
        let environment = ProcessInfo.processInfo.environment
        let chosen = [home, environment["SLUICE_HOME"]].compactMap { $0 }.first { !$0.isEmpty }
        let own = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
        self.home = URL(fileURLWithPath: chosen ?? own + "/.local/state/sluice").path
        self.searchPath = searchPath
        self.patience = patience
        configuration = []
        password = nil
    }

    /// A node of a cluster: the same server with more lines in its configuration, and a password.
    init(node home: String, configuration: [String], password: String, searchPath: String?, patience: Duration) {
        self.home = home
        self.searchPath = searchPath
        self.patience = patience
        self.configuration = configuration
        self.password = password
    }

    /// `unix:///…`, percent-encoded where the path needs it.
    package var url: String {
        "unix://" + (socketPath.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? socketPath)
    }

    package var socketPath: String { home + "/redis.sock" }
    package var logPath: String { home + "/redis.log" }

    /// Starts the server unless it runs, and returns its URL as soon as it serves commands.
    ///
    /// If several processes call it at once, one starts the server and all wait for it. Loading data may take as long as it
    /// needs.
    /// - Throws: `EmbeddedRedisError` if no suitable server is installed, the directory is unusable, or the server fails to start
    ///   or to answer.
    package func start() async throws -> String {
        guard socketPath.utf8.count <= UnixSocket.pathLimit else {
            throw EmbeddedRedisError.socketPathTooLong(path: socketPath, limit: UnixSocket.pathLimit)
        }
        try checkHome()
        if try await probe.isReady() { return url }
        try PrivateDirectory.prepare(home, marker: "redis.lock")
        let executable = try await RedisExecutable.find(searchPath: searchPath)
        var log: ServerLog?
        var lastSign = ContinuousClock.now
        while try await !isReady(lastSign: &lastSign) {
            if let lock = try FileLock.take(lockPath) {
                if let log { throw EmbeddedRedisError.diedAtStart(executable: executable.path, log: log.tail()) }
                log = ServerLog(path: logPath)
                try await launch(executable, holding: lock)
                lastSign = .now
            }
            guard ContinuousClock.now - lastSign < patience else {
                throw EmbeddedRedisError.silent(socket: socketPath, processID: recordedProcessID)
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        return url
    }

    /// Shuts the server down cleanly, keeping the data, and waits until it is gone.
    ///
    /// - Returns: False if none was running.
    /// - Throws: `EmbeddedRedisError` if it refuses, or is still there when its time is over.
    package func stop() async throws -> Bool {
        try checkHome()
        guard FileLock.isHeld(lockPath) else { return false }
        switch try await probe.ask("SHUTDOWN", within: patience) {
        case .reply(let text) where !text.hasPrefix("-NOAUTH") && !text.hasPrefix("-NOPERM"):
            throw EmbeddedRedisError.system("Redis refused to shut down: \(text); its log is \(logPath)")
        case .reply, .absent:
            // The lock is held, so the server that wrote the pid is alive, although its socket does not accept us.
            if recordedProcessID > 0 { _ = kill(recordedProcessID, SIGTERM) }
        case .silence:
            break
        }
        let isGone = try await Polling.wait(upTo: patience) { !FileLock.isHeld(lockPath) }
        guard isGone else { throw EmbeddedRedisError.silent(socket: socketPath, processID: recordedProcessID) }
        return true
    }
}

extension EmbeddedRedis {
    var probe: RedisProbe { RedisProbe(socketPath: socketPath, password: password) }
    var lockPath: String { home + "/redis.lock" }
    private var pidPath: String { home + "/redis.pid" }

    /// Rejects a directory in which another user may have put a lock, a pid or a socket.
    func checkHome() throws { try PrivateDirectory.check(home, marker: "redis.lock") }

    /// The content of the server's pid file, or 0. Valid only while the lock is held.
    var recordedProcessID: Int32 {
        let text = try? String(contentsOfFile: pidPath, encoding: .utf8)
        return text.flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) } ?? 0
    }

    private func isReady(lastSign: inout ContinuousClock.Instant) async throws -> Bool {
        guard case .reply(let text) = try await probe.ask("PING") else { return false }
        lastSign = .now
        return !text.hasPrefix("-LOADING")
    }

    /// Launches a server in a session of its own. It holds the lock as its standard input.
    private func launch(_ executable: RedisExecutable, holding lock: consuming FileLock) async throws {
        var file = RedisConfigurationFile(directory: home, socketPath: socketPath, appendOnly: true)
        file.set("pidfile", pidPath)
        configuration.forEach { file.append(line: $0) }
        let configurationPath = home + "/redis.conf"
        try file.write(to: configurationPath)
        var platform = PlatformOptions()
        platform.createSession = true
        _ = try await run(
            .path("/bin/sh"),
            arguments: [
                "-c", #"umask 077; exec 3<&0; "$1" "$2" <&3 3<&- >>"$3" 2>&1 &"#,
                "sh", executable.path, configurationPath, logPath,
            ],
            platformOptions: platform,
            input: .fileDescriptor(FileDescriptor(rawValue: lock.descriptor), closeAfterSpawningProcess: false),
            output: .discarded)
    }
}
