package import Hiredis
package import SluiceCore
import SluiceLua

extension Store {
    /// The server's time in ms since 1970; in a cluster, where clocks differ, that of any primary.
    package func now() async throws(SluiceError) -> Int {
        try time(try await send(["TIME"], node: nil).root)
    }

    /// The time in ms since 1970 of the server that holds a queue, which is the time of all that happens in the queue.
    package func now(of queue: QueueName) async throws(SluiceError) -> Int {
        try time(try await send(["TIME"], key: keys.base(queue.validated())).root)
    }

    /// Reads the reply of `TIME`, in ms.
    func time(_ reply: RedisValue) throws(SluiceError) -> Int {
        guard let seconds = reply[0].integer, let micros = reply[1].integer else { throw malformed("TIME") }
        return seconds * 1000 + micros / 1000
    }

    /// The version of the function library on a node; nil if there is none of this protocol.
    /// - Parameter node: nil for the server, or any primary of a cluster.
    package func libraryVersion(
        node: RedisEndpoint? = nil, timeout: Duration? = nil
    ) async throws(SluiceError) -> LibraryVersion? {
        let command: RedisCommand = ["FCALL_RO", "sluice\(FunctionLibrary.protocolVersion)_version", "0"]
        return LibraryVersion(try await send(command, node: node, timeout: timeout).root)
    }

    /// The version of a library of any protocol; nil if there is none.
    /// - Parameter node: nil for the server, or any primary of a cluster.
    /// - Throws: `serverTooOld` for a server without functions.
    package func anyLibraryVersion(node: RedisEndpoint? = nil) async throws(SluiceError) -> LibraryVersion? {
        do {
            return LibraryVersion(try await send(["FCALL_RO", "sluice_version", "0"], node: node).root)
        } catch {
            if error.message.contains("Function not found") { return nil }
            if error.message.contains("unknown command") { throw SluiceError(.serverTooOld, "this server has no functions") }
            throw error
        }
    }

    /// A node's `INFO` by name: of one section, of `everything`, or of the usual sections. Nil if the user may not ask.
    /// - Parameter node: nil for the server, or any primary of a cluster.
    package func info(_ section: String? = nil, node: RedisEndpoint? = nil) async throws(SluiceError) -> [String: String]? {
        let command = RedisCommand(["INFO"] + (section.map { [$0] } ?? []))
        guard let text = try await unlessForbidden(command, node)?.root.string else { return nil }
        let pairs = text.split(whereSeparator: \.isNewline).compactMap { line -> (String, String)? in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
        return Dictionary(pairs) { $1 }
    }

    /// Settings of a node: `CONFIG GET`. Nil if the user may not ask.
    /// - Parameter node: nil for the server, or any primary of a cluster.
    package func settings(
        _ names: [String], node: RedisEndpoint? = nil
    ) async throws(SluiceError) -> [String: String]? {
        try await unlessForbidden(RedisCommand(["CONFIG", "GET"] + names), node)?.root.dictionary.compactMapValues(\.string)
    }

    /// The first of some commands that a user of a server may not run, as the server tells it: `ACL DRYRUN`. Nil if it may run all.
    /// - Parameter node: nil for the server, or any primary of a cluster.
    /// - Throws: `permission` if the user of this connection may not ask.
    package func refusal(
        of user: String, _ commands: [[String]], node: RedisEndpoint? = nil
    ) async throws(SluiceError) -> String? {
        for command in commands {
            let reply = try await send(RedisCommand(["ACL", "DRYRUN", user] + command), node: node)
            if let text = reply.root.string, text != "OK" { return text }
        }
        return nil
    }

    private func unlessForbidden(_ command: RedisCommand, _ node: RedisEndpoint?) async throws(SluiceError) -> RedisReply? {
        do {
            return try await send(command, node: node)
        } catch {
            // Managed servers remove CONFIG altogether.
            if error.code == .permission || error.message.contains("unknown command") { return nil }
            throw error
        }
    }

    /// The host and port, or the path, of the server; with sentinels of the primary in use, or before the first call the first
    /// sentinel; of a cluster the first in the URL.
    package var address: String { "\(router.server)" }

    /// The revision of this program's library.
    package static let ownRevision = FunctionLibrary.revision

    /// Replaces the library of the server, or of each primary of a cluster, of any revision, by this program's.
    /// - Throws: the first error, after all primaries were tried.
    package func loadLibrary(pinned: Bool) async throws(SluiceError) {
        let command = RedisCommand(["FUNCTION", "LOAD", "REPLACE", FunctionLibrary.text(pinned: pinned)])
        try await onEachPrimary { node throws(SluiceError) in _ = try await send(command, node: node) }
    }

    /// Deletes all keys of a queue, also those of running jobs. For a queue that only its caller uses, and whose slot stays.
    package func erase(_ queue: QueueName) async throws(SluiceError) {
        let base = try keys.base(queue.validated())
        let pattern = base + ":*"
        var cursor = "0"
        repeat {
            let page = try await send(["SCAN", cursor, "MATCH", pattern, "COUNT", "1000"], key: base).root
            cursor = page[0].string ?? "0"
            let found = page[1].elements.compactMap(\.string)
            if !found.isEmpty { _ = try await send(RedisCommand(["UNLINK"] + found), key: base) }
        } while cursor != "0"
    }

    /// The server's policy when its memory is full, such as `noeviction`; nil if it does not say. Of a cluster, the first that
    /// differs from that; a primary that is away does not count while another one answers.
    package func evictionPolicy() async throws(SluiceError) -> String? {
        var policy: String?
        var hasAnswer = false
        var failure: SluiceError?
        for node in try await primaries() {
            do throws(SluiceError) {
                // A user who may not look should not be rejected.
                let found = try await info("memory", node: node)?["maxmemory_policy"]
                hasAnswer = true
                if policy == nil || policy == "noeviction" { policy = found ?? policy }
            } catch {
                guard error.isTransient else { throw error }
                failure = failure ?? error
            }
        }
        if let failure, !hasAnswer { throw failure }
        return policy
    }
}
