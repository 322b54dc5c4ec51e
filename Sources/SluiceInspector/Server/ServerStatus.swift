#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What a Redis server tells of itself, as far as it matters to queues. A nil value is not told: the user of this connection may not
/// ask, or the server does not know it.
public struct ServerStatus: Sendable, Hashable {
    /// The memory of the server, in bytes.
    public struct Memory: Sendable, Hashable {
        /// What is in use.
        public var used: Int
        /// The most that was in use.
        public var peak: Int?
        /// The limit; nil without one.
        public var limit: Int?
        /// What happens at the limit, such as `noeviction`.
        public var policy: String?
    }

    /// How the server keeps its data over a restart.
    public struct Persistence: Sendable, Hashable {
        /// Whether it writes an append-only file.
        public var appends: Bool
        /// Whether the last writes to that file succeeded.
        public var appendsWell: Bool
        /// How often it syncs that file, such as `everysec`; nil if it may not be asked.
        public var sync: String?
        /// When it saves snapshots, such as `3600 1 300 100`; empty for never; nil if it may not be asked.
        public var snapshots: String?
        /// When the last snapshot was saved.
        public var lastSnapshot: Date?
        /// Whether the last snapshot succeeded.
        public var savesWell: Bool
        /// Whether it loads its data.
        public var isLoading: Bool
    }

    /// The function library on the server.
    public struct Library: Sendable, Hashable {
        /// The version of the protocol.
        public var protocolVersion: Int
        /// The revision.
        public var revision: Int
        /// Whether newer programs leave it in place.
        public var isPinned: Bool
        /// The revision that this program would load.
        public var ownRevision: Int
    }

    /// The version of Redis.
    public var version: String?
    /// The role: `master` or `slave`.
    public var role: String?
    /// Replicas that are connected.
    public var replicas: Int?
    /// How long it has been running.
    public var uptime: Duration?
    /// Connected clients.
    public var clients: Int?
    /// The most clients that may connect.
    public var clientLimit: Int?
    /// Commands a second, as the server samples them.
    public var commandsPerSecond: Int?
    /// The memory.
    public var memory: Memory?
    /// How data is kept.
    public var persistence: Persistence?
    /// The library; nil if there is none.
    public var library: Library?
    /// The server's time.
    public var time: Date
    /// How far the server's clock is ahead of this machine's, as precisely as the round trip allows. Negative if it is behind.
    public var ahead: Duration
}
