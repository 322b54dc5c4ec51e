package import Hiredis
import SluiceLua

/// Protocol, revision and pin of the function library on a server.
package struct LibraryVersion: Sendable, Hashable {
    package var protocolVersion: Int
    package var revision: Int
    /// Whether an administrator pinned this revision, so that newer programs leave it in place.
    package var isPinned: Bool

    /// The version in this program.
    package static let own = LibraryVersion(
        protocolVersion: FunctionLibrary.protocolVersion, revision: FunctionLibrary.revision, isPinned: false)

    package init(protocolVersion: Int, revision: Int, isPinned: Bool) {
        self.protocolVersion = protocolVersion
        self.revision = revision
        self.isPinned = isPinned
    }

    package init?(_ reply: RedisValue) {
        guard let protocolVersion = reply[0].integer, let revision = reply[1].integer else { return nil }
        self.protocolVersion = protocolVersion
        self.revision = revision
        self.isPinned = reply[2].integer == 1
    }
}
