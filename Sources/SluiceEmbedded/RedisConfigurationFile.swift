import Foundation

/// The text of a `redis.conf`.
struct RedisConfigurationFile: Sendable {
    private(set) var lines: [String] = []

    /// A server that only its user can reach, through a Unix socket in `directory`.
    init(directory: String, socketPath: String, appendOnly: Bool) {
        set("dir", directory)
        set("unixsocket", socketPath)
        set("unixsocketperm", "700")
        set("port", "0")
        set("daemonize", "no")
        set("save", "")
        set("appendonly", appendOnly ? "yes" : "no")
        set("appendfsync", "everysec")
        set("maxmemory-policy", "noeviction")
        // Replication starts at once, without waiting for more replicas.
        set("repl-diskless-sync-delay", "0")
    }

    /// Sets a directive. Later values replace earlier ones.
    mutating func set(_ name: String, _ value: String) {
        lines.append("\(name) \(Self.quoted(value))")
    }

    /// Appends a raw line, such as an ACL `user`.
    mutating func append(line: String) {
        lines.append(line)
    }

    func write(to path: String) throws {
        let text = lines.joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    /// Quotes a value. Redis splits lines as a shell would, with C escapes between double quotes.
    static func quoted(_ value: String) -> String {
        let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        return "\"\(escaped)\""
    }
}
