package import Hiredis

/// What the function library on a server says of itself.
package struct LibraryVersion: Sendable, Hashable {
    package var protocolVersion: Int
    package var revision: Int
    /// Whether an administrator fixed this revision, so that newer programs leave it in place.
    package var isPinned: Bool

    package init?(_ reply: RedisValue) {
        guard let protocolVersion = reply[0].integer, let revision = reply[1].integer else { return nil }
        self.protocolVersion = protocolVersion
        self.revision = revision
        self.isPinned = reply[2].integer == 1
    }
}
