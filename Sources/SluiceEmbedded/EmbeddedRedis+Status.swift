extension EmbeddedRedis {
    package enum Status: Sendable, Equatable {
        case notRunning
        case running(Details)
        /// A server holds the lock of the directory but does not answer; the pid is 0 when unknown.
        case silent(processID: Int32)
    }

    package struct Details: Sendable, Equatable {
        package var processID: Int32
        package var version: String
        package var socketPath: String
        package var uptime: Duration
        /// Memory that Redis has allocated for data and buffers, in bytes.
        package var memory: Int
    }

    /// Reads the status without starting a server.
    package func status() async throws -> Status {
        guard socketPath.utf8.count <= UnixSocket.pathLimit else { return .notRunning }
        try checkHome()
        guard FileLock.isHeld(lockPath) else { return .notRunning }
        guard case .reply(let text) = try await probe.ask("INFO"), let details = details(from: text) else {
            return FileLock.isHeld(lockPath) ? .silent(processID: recordedProcessID) : .notRunning
        }
        return .running(details)
    }

    private func details(from info: String) -> Details? {
        let pairs = info.split(whereSeparator: \.isNewline).compactMap { line -> (Substring, Substring)? in
            line.firstIndex(of: ":").map { (line[..<$0], line[line.index(after: $0)...]) }
        }
        let fields = Dictionary(pairs) { first, _ in first }
        guard let processID = fields["process_id"].flatMap({ Int32($0) }) else { return nil }
        return Details(
            processID: processID,
            version: String(fields["valkey_version"] ?? fields["redis_version"] ?? "unknown"),
            socketPath: socketPath,
            uptime: .seconds(fields["uptime_in_seconds"].flatMap { Int($0) } ?? 0),
            memory: fields["used_memory"].flatMap { Int($0) } ?? 0)
    }
}
