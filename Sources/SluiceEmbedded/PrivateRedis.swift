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

/// A throwaway server with its own directory under `/tmp`. It cannot outlive the process that started it.
///
/// A small shell guards it. The shell reads a socket whose other end only this process holds. When that end closes, because the
/// actor is gone or its process died in any way, the shell kills the server and removes the directory.
package actor PrivateRedis {
    package nonisolated let executable: RedisExecutable
    /// The directory, with mode 0700.
    package nonisolated let directory: String
    package nonisolated let socketPath: String
    package nonisolated let tcpPort: Int?
    package nonisolated let tlsPort: Int?
    /// The pid of the running server, also while it is suspended; nil once it was killed or stopped.
    package private(set) var processID: Int32?

    private let keeper: Int32
    private let password: String?
    nonisolated var probe: RedisProbe { RedisProbe(socketPath: socketPath, password: password) }

    /// Starts a server and waits until it serves commands.
    ///
    /// - Throws: `EmbeddedRedisError` if no suitable server is installed, or the server ended during its start.
    package init(_ options: Options = Options()) async throws {
        let directory = try options.directory ?? Self.makeDirectory()
        self.directory = directory
        socketPath = directory + "/redis.sock"
        tcpPort = options.port ?? (options.tcp ? UnixSocket.freePort() : nil)
        password = options.password
        tlsPort = options.tls == nil ? nil : UnixSocket.freePort()
        do {
            executable = try await RedisExecutable.find(searchPath: options.searchPath)
            var file = RedisConfigurationFile(
                directory: directory, socketPath: directory + "/redis.sock", appendOnly: options.appendOnly)
            Self.addListeners(to: &file, tcpPort: tcpPort, tlsPort: tlsPort, tls: options.tls)
            options.configuration.forEach { file.append(line: $0) }
            try file.write(to: directory + "/redis.conf")
            keeper = try await Self.launchKeeper(
                of: directory, executable: executable.path, option: options.isSentinel ? "--sentinel" : "")
        } catch {
            try? FileManager.default.removeItem(atPath: directory)
            throw error
        }
        try await launch()
    }

    deinit {
        close(keeper)
    }

    /// The URL of the Unix socket: `unix:///tmp/…`.
    package nonisolated var url: String { "unix://" + socketPath }

    /// `127.0.0.1:PORT`; nil without a TCP port.
    package nonisolated var address: String? { tcpPort.map(ClusterPlan.address) }

    /// Creates a directory with mode 0700 and a short path.
    package static func makeDirectory() throws -> String {
        var template = Array("/tmp/sluice-XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else {
            throw EmbeddedRedisError.unusableDirectory(path: "/tmp", reason: String(cString: strerror(errno)))
        }
        return String(cString: path)
    }

    /// Kills the server as a power cut would (SIGKILL), and waits until it is gone.
    package func kill() async throws {
        try await end(with: SIGKILL)
    }

    /// Stops the server cleanly (SIGTERM, the same as `SHUTDOWN`), and waits until it is gone.
    package func stop() async throws {
        try await end(with: SIGTERM)
    }

    /// Starts the server again in the same directory, with the same ports. Stops a running one first.
    package func restart() async throws {
        try await stop()
        try await launch()
    }

    /// Freezes the server (SIGSTOP): connections stay open, but nothing answers.
    package func suspend() throws {
        try signal(SIGSTOP)
    }

    /// Resumes a suspended server (SIGCONT).
    package func resume() throws {
        try signal(SIGCONT)
    }
}

extension PrivateRedis {
    private var pidFile: String { directory + "/pid" }
    /// The file that the shell writes when the server has ended.
    private var statusFile: String { directory + "/status" }

    private func launch() async throws {
        let log = ServerLog(path: directory + "/redis.log")
        for path in [pidFile, statusFile] { try? FileManager.default.removeItem(atPath: path) }
        guard UnixSocket.send("start\n", to: keeper) else {
            throw EmbeddedRedisError.system("the shell that keeps the Redis in \(directory) is gone")
        }
        let ready = try await Polling.wait(upTo: .seconds(30)) {
            processID = (try? String(contentsOfFile: pidFile, encoding: .utf8)).flatMap { Int32($0.dropLast()) }
            guard !hasEnded else {
                processID = nil
                throw EmbeddedRedisError.diedAtStart(executable: executable.path, log: log.tail())
            }
            // The server may have started since the check for the file, and without its pid it cannot be killed.
            guard processID != nil else { return false }
            return try await probe.isReady()
        }
        guard ready else { throw EmbeddedRedisError.silent(socket: socketPath, processID: processID ?? 0) }
    }

    private var hasEnded: Bool { FileManager.default.fileExists(atPath: statusFile) }

    private func end(with number: Int32) async throws {
        guard let server = processID else { return }
        try signal(number)
        guard try await Polling.wait(upTo: .seconds(30), until: { hasEnded }) else {
            throw EmbeddedRedisError.silent(socket: socketPath, processID: server)
        }
        processID = nil
    }

    private func signal(_ number: Int32) throws {
        // The status file means that the process was reaped; its pid may belong to another process by now.
        guard let processID, !hasEnded else { return }
        guard sendSignal(processID, number) == 0 else {
            throw EmbeddedRedisError.system("cannot signal Redis (pid \(processID)): \(String(cString: strerror(errno)))")
        }
    }

    private static func addListeners(
        to file: inout RedisConfigurationFile, tcpPort: Int?, tlsPort: Int?, tls: TLSFiles?
    ) {
        file.set("bind", "127.0.0.1")
        if let tcpPort { file.set("port", String(tcpPort)) }
        guard let tlsPort, let tls else { return }
        file.set("tls-port", String(tlsPort))
        file.set("tls-ca-cert-file", tls.authority)
        file.set("tls-cert-file", tls.certificate)
        file.set("tls-key-file", tls.key)
    }

    /// Each input line starts the server once; the end of input ends everything. The inner shell reports the server's pid, the
    /// outer one waits for the server's end and reports it.
    private static let keeperScript = """
        umask 077
        exec 3<&0 </dev/null
        {
            while read -r _ <&3; do
                (
                    sh -c 'echo $$ >"$1/pid"; exec "$2" "$1/redis.conf" $3' sh "$1" "$2" "$3" >>"$1/redis.log" 2>&1 3<&-
                    echo $? >"$1/status"
                ) &
                until [ -s "$1/pid" ] || [ -e "$1/status" ]; do sleep 0.01; done
            done
            [ -e "$1/status" ] || kill -9 "$(cat "$1/pid")"
            wait
            rm -rf "$1"
        } >/dev/null 2>&1 &
        """

    /// Runs the shell in its own session, so that Ctrl-C at the terminal ends us first and the server after us.
    private static func launchKeeper(
        of directory: String, executable: String, option: String
    ) async throws -> Int32 {
        guard let (ours, theirs) = UnixSocket.pair() else {
            throw EmbeddedRedisError.system("no socket pair: \(String(cString: strerror(errno)))")
        }
        var platform = PlatformOptions()
        platform.createSession = true
        do {
            _ = try await run(
                .path("/bin/sh"),
                arguments: ["-c", keeperScript, "sh", directory, executable, option],
                platformOptions: platform,
                input: .fileDescriptor(FileDescriptor(rawValue: theirs), closeAfterSpawningProcess: true),
                output: .discarded)
            return ours
        } catch {
            close(ours)
            throw error
        }
    }
}

// Inside the actor, the unqualified name means its own method.
private func sendSignal(_ process: Int32, _ number: Int32) -> Int32 {
    kill(process, number)
}
