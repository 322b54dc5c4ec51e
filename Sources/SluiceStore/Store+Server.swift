import Hiredis
package import SluiceCore
import SluiceLua

extension Store {
    /// The server's time in ms since 1970.
    package func now() async throws(SluiceError) -> Int {
        try time(try await send(["TIME"]).root)
    }

    /// Reads the reply of `TIME`, in ms.
    func time(_ reply: RedisValue) throws(SluiceError) -> Int {
        guard let seconds = reply[0].integer, let micros = reply[1].integer else { throw malformed("TIME") }
        return seconds * 1000 + micros / 1000
    }

    /// The version of the function library on the server; nil if there is none of this protocol.
    package func libraryVersion(timeout: Duration? = nil) async throws(SluiceError) -> LibraryVersion? {
        let command: RedisCommand = ["FCALL_RO", "sluice\(FunctionLibrary.protocolVersion)_version", "0"]
        return LibraryVersion(try await send(command, timeout: timeout).root)
    }

    /// The version of a library of any protocol; nil if there is none.
    /// - Throws: `serverTooOld` for a server without functions.
    package func anyLibraryVersion() async throws(SluiceError) -> LibraryVersion? {
        do {
            return LibraryVersion(try await send(["FCALL_RO", "sluice_version", "0"]).root)
        } catch {
            if error.message.contains("Function not found") { return nil }
            if error.message.contains("unknown command") { throw SluiceError(.serverTooOld, "this server has no functions") }
            throw error
        }
    }

    /// The server's `INFO` by name: of one section, of `everything`, or of the usual sections. Nil if the user may not ask.
    package func info(_ section: String? = nil) async throws(SluiceError) -> [String: String]? {
        let command = RedisCommand(["INFO"] + (section.map { [$0] } ?? []))
        guard let text = try await unlessForbidden(command)?.root.string else { return nil }
        let pairs = text.split(whereSeparator: \.isNewline).compactMap { line -> (String, String)? in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
        return Dictionary(pairs) { $1 }
    }

    /// Settings of the server: `CONFIG GET`. Nil if the user may not ask.
    package func settings(_ names: [String]) async throws(SluiceError) -> [String: String]? {
        try await unlessForbidden(RedisCommand(["CONFIG", "GET"] + names))?.root.dictionary.compactMapValues(\.string)
    }

    /// The first of some commands that a user of the server may not run, as the server tells it: `ACL DRYRUN`. Nil if it may run all.
    /// - Throws: `permission` if the user of this connection may not ask.
    package func refusal(of user: String, _ commands: [[String]]) async throws(SluiceError) -> String? {
        for reply in try await pipeline(commands.map { RedisCommand(["ACL", "DRYRUN", user] + $0) }) {
            if let text = try reply.get().root.string, text != "OK" { return text }
        }
        return nil
    }

    private func unlessForbidden(_ command: RedisCommand) async throws(SluiceError) -> RedisReply? {
        do {
            return try await send(command)
        } catch {
            // Managed servers remove CONFIG altogether.
            if error.code == .permission || error.message.contains("unknown command") { return nil }
            throw error
        }
    }

    /// The host and port, or the path, of the server.
    package var address: String { "\(configuration.endpoint)" }

    /// The revision of this program's library.
    package static let ownRevision = FunctionLibrary.revision

    /// Replaces the server's library, of any revision, by this program's.
    package func loadLibrary(pinned: Bool) async throws(SluiceError) {
        _ = try await send(RedisCommand(["FUNCTION", "LOAD", "REPLACE", FunctionLibrary.text(pinned: pinned)]))
    }

    /// Sends a plain command of Redis, and waits for its answer.
    package func run(_ command: [String]) async throws(SluiceError) { _ = try await send(RedisCommand(command)) }

    /// Sends plain commands of Redis in one flush, which measures the server without the library.
    /// - Throws: the first error among the replies.
    package func run(_ commands: [[String]]) async throws(SluiceError) {
        for reply in try await pipeline(commands.map { RedisCommand($0) }) { _ = try reply.get() }
    }

    /// Deletes all keys of a queue, also those of running jobs. For a queue that only its caller uses.
    package func erase(_ queue: QueueName) async throws(SluiceError) {
        let pattern = try keys.base(queue.validated()) + ":*"
        var cursor = "0"
        repeat {
            let page = try await send(["SCAN", cursor, "MATCH", pattern, "COUNT", "1000"]).root
            cursor = page[0].string ?? "0"
            let found = page[1].elements.compactMap(\.string)
            if !found.isEmpty { _ = try await send(RedisCommand(["UNLINK"] + found)) }
        } while cursor != "0"
    }

    /// The server's policy when its memory is full, such as `noeviction`; nil if it does not say.
    package func evictionPolicy() async throws(SluiceError) -> String? {
        // A user who may not look should not be rejected.
        try await info("memory")?["maxmemory_policy"]
    }
}
