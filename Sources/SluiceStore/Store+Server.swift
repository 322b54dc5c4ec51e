import Hiredis
package import SluiceCore
import SluiceLua

extension Store {
    /// The server's time in ms since 1970.
    package func now() async throws(SluiceError) -> Int {
        let reply = try await send(["TIME"]).root
        guard let seconds = reply[0].integer, let micros = reply[1].integer else { throw malformed("TIME") }
        return seconds * 1000 + micros / 1000
    }

    /// What the function library on the server says of itself; nil if it is of another protocol alone.
    package func libraryVersion() async throws(SluiceError) -> LibraryVersion? {
        LibraryVersion(try await send(["FCALL_RO", "sluice\(FunctionLibrary.protocolVersion)_version", "0"]).root)
    }

    /// The same of a library of whatever protocol; nil if there is none.
    /// - Throws: `serverTooOld` for a server that has no functions.
    package func anyLibraryVersion() async throws(SluiceError) -> LibraryVersion? {
        do {
            return LibraryVersion(try await send(["FCALL_RO", "sluice_version", "0"]).root)
        } catch {
            if error.message.contains("Function not found") { return nil }
            if error.message.contains("unknown command") { throw SluiceError(.serverTooOld, "this server has no functions") }
            throw error
        }
    }

    /// What the server tells of itself, by name: `INFO`. Nil if the user may not ask.
    package func info() async throws(SluiceError) -> [String: String]? {
        guard let text = try await unlessForbidden(["INFO"])?.root.string else { return nil }
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

    private func unlessForbidden(_ command: RedisCommand) async throws(SluiceError) -> RedisReply? {
        do {
            return try await send(command)
        } catch {
            // Managed servers take CONFIG away altogether.
            if error.code == .permission || error.message.contains("unknown command") { return nil }
            throw error
        }
    }

    /// Puts this program's library in the place of whatever revision the server has.
    package func loadLibrary(pinned: Bool) async throws(SluiceError) {
        _ = try await send(RedisCommand(["FUNCTION", "LOAD", "REPLACE", FunctionLibrary.text(pinned: pinned)]))
    }

    /// What the server does when its memory is full, such as `noeviction`; nil if it does not tell.
    package func evictionPolicy() async throws(SluiceError) -> String? {
        let text: String
        do {
            text = try await send(["INFO", "memory"]).root.string ?? ""
        } catch {
            // Whether a user may look is no reason to refuse them.
            if error.code == .permission { return nil }
            throw error
        }
        let name = "maxmemory_policy:"
        return text.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
    }
}
