#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Sends single commands to a server on a Unix socket: enough to start, watch and stop it without a client library.
struct RedisProbe: Sendable {
    enum Answer: Equatable {
        /// The text of the reply; an error reply starts with `-`.
        case reply(String)
        /// A server listens, but sent nothing in time, or hung up.
        case silence
        /// No server listens at that path.
        case absent
    }

    let socketPath: String
    /// Nil for a server without one.
    var password: String?

    /// Sends one inline command on a new connection.
    /// - Throws: Only `CancellationError`.
    func ask(_ command: String, within limit: Duration = .seconds(2)) async throws -> Answer {
        guard let descriptor = UnixSocket.connect(to: socketPath) else {
            // EAGAIN: the backlog is full, so a server is listening.
            return errno == EAGAIN ? .silence : .absent
        }
        defer { close(descriptor) }
        let login = password.map { "AUTH \($0)\r\n" } ?? ""
        guard UnixSocket.send(login + command + "\r\n", to: descriptor) else { return .silence }
        var received: [UInt8] = []
        // The reply to AUTH is one line. What is wrong with it shows in the reply to the command.
        let lines = password == nil ? 0 : 1
        var answer: Answer?
        let inTime = try await Polling.wait(upTo: limit, every: .milliseconds(1)) {
            answer = Self.read(from: descriptor, into: &received, after: lines)
            return answer != nil
        }
        return inTime ? answer ?? .silence : .silence
    }

    /// Whether the server serves commands. A server that rejects strangers (`NOAUTH`) does, too.
    func isReady() async throws -> Bool {
        guard case .reply(let text) = try await ask("PING") else { return false }
        return !text.hasPrefix("-LOADING")
    }

    private static func read(from descriptor: Int32, into received: inout [UInt8], after lines: Int) -> Answer? {
        var chunk = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count > 0 {
                received += chunk[..<count]
                if let text = wholeReply(rest(of: received, after: lines)) { return .reply(text) }
            } else {
                let wouldBlock = count < 0 && (errno == EAGAIN || errno == EINTR)
                return wouldBlock ? nil : .silence
            }
        }
    }

    private static func rest(of bytes: [UInt8], after lines: Int) -> [UInt8] {
        guard lines > 0 else { return bytes }
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return [] }
        return Array(bytes[(end + 1)...])
    }

    /// The text of a complete simple, error, integer or bulk reply, without its framing.
    static func wholeReply(_ bytes: [UInt8]) -> String? {
        let lineFeed = UInt8(ascii: "\n")
        guard bytes.last == lineFeed, let end = bytes.firstIndex(of: lineFeed), end > 1 else { return nil }
        let line = String(decoding: bytes[..<(end - 1)], as: UTF8.self)
        switch line.first {
        case "$":
            guard let length = Int(line.dropFirst()), length >= 0 else { return "" }
            let start = end + 1
            guard bytes.count >= start + length + 2 else { return nil }
            return String(decoding: bytes[start..<(start + length)], as: UTF8.self)
        case "-":
            return line
        default:
            return String(line.dropFirst())
        }
    }
}
