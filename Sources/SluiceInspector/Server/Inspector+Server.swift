public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Inspector {
    /// Returns what the Redis server tells of itself. Four calls.
    /// - Throws: a server error if Redis cannot be used.
    public func server() async throws(SluiceError) -> ServerStatus {
        let info = try await store.info()
        let settings = try await store.settings(["save", "appendfsync"])
        let before = Date()
        let time = Date(milliseconds: try await store.now())
        let ahead = ServerExamination.distance(of: time, from: before, to: Date())
        return ServerStatus(
            info: info ?? [:], settings: settings, library: try await store.anyLibraryVersion(), time: time, ahead: ahead)
    }
}

extension ServerStatus {
    init(
        info: [String: String], settings: [String: String]?, library: LibraryVersion?, time: Date, ahead: Duration
    ) {
        func number(_ name: String) -> Int? { info[name].flatMap { Int($0) } }
        version = info["redis_version"]
        role = info["role"]
        replicas = number("connected_slaves")
        uptime = number("uptime_in_seconds").map { .seconds($0) }
        clients = number("connected_clients")
        clientLimit = number("maxclients")
        commandsPerSecond = number("instantaneous_ops_per_sec")
        memory = number("used_memory").map { used in
            Memory(
                used: used, peak: number("used_memory_peak"), limit: number("maxmemory").flatMap { $0 > 0 ? $0 : nil },
                policy: info["maxmemory_policy"])
        }
        persistence = info["aof_enabled"].map { appends in
            Persistence(
                appends: appends == "1",
                appendsWell: info["aof_last_write_status"] != "err" && info["aof_last_bgrewrite_status"] != "err",
                sync: settings?["appendfsync"], snapshots: settings?["save"],
                lastSnapshot: number("rdb_last_save_time").map { Date(milliseconds: $0 * 1000) },
                savesWell: info["rdb_last_bgsave_status"] != "err", isLoading: info["loading"] == "1")
        }
        self.library = library.map(Library.init)
        self.time = time
        self.ahead = ahead
    }
}

extension Inspector {
    /// Returns the function library on the server; nil if there is none. One call.
    /// - Throws: a server error if Redis cannot be used.
    public func library() async throws(SluiceError) -> ServerStatus.Library? {
        try await store.anyLibraryVersion().map(ServerStatus.Library.init)
    }
}

extension ServerStatus.Library {
    init(_ version: LibraryVersion) {
        self.init(
            protocolVersion: version.protocolVersion, revision: version.revision, isPinned: version.isPinned,
            ownRevision: LibraryVersion.own.revision)
    }
}
