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
