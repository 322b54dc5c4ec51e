import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Examines the server's own information for settings that do not suit jobs.
struct ServerExamination {
    /// The reply to `INFO`; nil if the user may not call it.
    var info: [String: String]?
    /// The settings `save`, `appendfsync` and `client-output-buffer-limit`; nil if the user may not read them.
    var settings: [String: String]?
    /// How far the server's clock is ahead of this machine's, as precisely as the round trip allows.
    var ahead: Duration
    var cures: CureText
    /// What the user `default` may do on keys of the namespace.
    var rights = DefaultRights.notAsked
    /// Why the clock could not be compared.
    private var clockObstacle: String?

    /// Reads the information of a server.
    /// - Parameter clock: the clock of this machine.
    init(_ store: Store, _ cures: CureText, clock: @Sendable () -> Date) async throws(SluiceError) {
        info = try await store.info()
        settings = try await store.settings(Self.settings)
        self.cures = cures
        ahead = .zero
        let before = clock()
        do throws(SluiceError) {
            let time = Date(milliseconds: try await store.now())
            ahead = Self.distance(of: time, from: before, to: clock())
        } catch {
            guard error.isForbidden else { throw error }
            clockObstacle = error.refusal
        }
        if info?["aof_enabled"] == "1" { rights = try await DefaultRights(store) }
    }

    init(info: [String: String]?, settings: [String: String]?, ahead: Duration = .zero, cures: CureText) {
        self.info = info
        self.settings = settings
        self.ahead = ahead
        self.cures = cures
    }

    /// How far a time lies outside a span.
    static func distance(of time: Date, from start: Date, to end: Date) -> Duration {
        if time < start { return .milliseconds(time.milliseconds - start.milliseconds) }
        return time > end ? .milliseconds(time.milliseconds - end.milliseconds) : .zero
    }

    var part: Diagnosis.Part { part(of: .server) }

    /// - Parameter isNode: whether it is a node of a cluster, where some are replicas.
    func part(of subject: Diagnosis.Subject, isNode: Bool = false) -> Diagnosis.Part {
        var part = Diagnosis.Part(subject: subject, looked: "clock")
        if let info {
            part.looked = "Redis \(info["redis_version"] ?? "?"): version, role, memory, persistence, limits of replies, clock"
            examineVersion(info, &part)
            if !isNode { examineRole(info, &part) }
            examineMemory(info, &part)
            examineWrites(info, &part)
            examineKeeping(info, &part)
            rights.examine(&part, cures)
        } else {
            part.unseen.append("version, role, memory and persistence: this user may not call INFO")
        }
        examineReplies(&part)
        if let clockObstacle { part.unseen.append("its clock: \(clockObstacle)") } else { examineClock(&part) }
        return part
    }

    private func examineVersion(_ info: [String: String], _ part: inout Diagnosis.Part) {
        let version = info["redis_version"] ?? "?"
        if let major = version.split(separator: ".").first.flatMap({ Int($0) }), major < 7 {
            part.add(
                .problem, "server.version", "Redis \(version) has no functions", cure: "install Redis 7.0 or later, or Valkey")
        }
    }

    private func examineRole(_ info: [String: String], _ part: inout Diagnosis.Part) {
        if info["role"] == "slave" {
            let primary = info["master_host"].map { ", \($0):\(info["master_port"] ?? "6379")" } ?? ""
            part.add(
                .problem, "server.replica", "this Redis is a replica and takes no writes",
                cure: "connect to its primary\(primary)")
        }
    }

    private func examineMemory(_ info: [String: String], _ part: inout Diagnosis.Part) {
        let limit = info["maxmemory"].flatMap { Int($0) } ?? 0
        if let policy = info["maxmemory_policy"], policy != "noeviction" {
            let when = limit > 0 ? "when it is full" : "once it has a maxmemory"
            part.add(
                limit > 0 ? .problem : .notice, "server.eviction",
                "maxmemory-policy is \(policy): jobs are thrown away \(when)",
                cure: cures.redis("CONFIG", "SET", "maxmemory-policy", "noeviction") + ", and the same in redis.conf")
        }
        let used = info["used_memory"].flatMap { Int($0) } ?? 0
        if limit > 0, used >= limit / 10 * 9 {
            part.add(
                .problem, "server.memory",
                "\(HumanText.bytes(used)) of \(HumanText.bytes(limit)) are used: a full Redis takes no new jobs",
                cure: "raise maxmemory (\(cures.redis("CONFIG", "SET", "maxmemory", "\(2 * limit)"))), or work off what waits")
        }
    }

    private func examineWrites(_ info: [String: String], _ part: inout Diagnosis.Part) {
        if info["rdb_last_bgsave_status"] == "err" {
            part.add(
                .problem, "server.save_failed", "the last snapshot could not be written, and Redis may refuse writes",
                cure: "see Redis' log, its disk and its rights there; then " + cures.redis("BGSAVE"))
        }
        if info["aof_enabled"] == "1", info["aof_last_write_status"] == "err" || info["aof_last_bgrewrite_status"] == "err" {
            part.add(
                .problem, "server.append_failed", "the append-only file could not be written, and Redis may refuse writes",
                cure: "see Redis' log, its disk and its rights there; then " + cures.redis("BGREWRITEAOF"))
        }
    }

    private func examineKeeping(_ info: [String: String], _ part: inout Diagnosis.Part) {
        guard let settings else {
            let snapshots = info["aof_enabled"] == "1" ? "" : "whether it saves snapshots, and "
            return part.unseen.append(snapshots + "how often it syncs its file: this user may not call CONFIG GET")
        }
        if info["aof_enabled"] == "1" {
            if settings["appendfsync"] == "no" {
                part.add(
                    .notice, "server.fsync", "appendfsync is no: a power cut may lose half a minute of changes",
                    cure: cures.redis("CONFIG", "SET", "appendfsync", "everysec") + ", and the same in redis.conf")
            }
        } else if settings["save", default: ""].isEmpty {
            part.add(
                .notice, "server.unsaved", "it has neither an append-only file nor snapshots: jobs are lost with the server",
                cure: cures.redis("CONFIG", "SET", "appendonly", "yes") + ", and the same in redis.conf")
        }
    }

    /// The settings to read.
    static let settings = ["save", "appendfsync", outputLimit]
    private static let outputLimit = "client-output-buffer-limit"
    /// A reply to a worker holds up to 4 MiB of jobs and one more job, which may have the maximum size.
    private static let largestReply = 16 << 20

    /// Redis closes a connection whose replies exceed a limit. A large reply then never arrives.
    private func examineReplies(_ part: inout Diagnosis.Part) {
        guard let settings else {
            return part.unseen.append("whether it bounds replies (\(Self.outputLimit)): this user may not call CONFIG GET")
        }
        let words = settings[Self.outputLimit, default: ""].split(separator: " ").map(String.init)
        guard let at = words.firstIndex(of: "normal"), words.count > at + 3 else { return }
        let limits = words[(at + 1)...(at + 2)].compactMap { Int($0) }.filter { $0 > 0 }
        guard let least = limits.min(), least < Self.largestReply else { return }
        part.add(
            .problem, "server.output_limit",
            "\(Self.outputLimit) is \(HumanText.bytes(least)) for normal clients: a connection with a larger reply is closed, so "
                + "workers claim less at once, and a job that is larger is put aside and does not run",
            cure: cures.redis("CONFIG", "SET", Self.outputLimit, "normal 0 0 0") + ", and the same in redis.conf")
    }

    private func examineClock(_ part: inout Diagnosis.Part) {
        let distance = ahead < .zero ? .zero - ahead : ahead
        if distance <= .seconds(1) { return }
        let side = ahead > .zero ? "ahead of" : "behind"
        part.add(
            .notice, "server.clock",
            "its clock is \(HumanText.duration(distance)) \(side) this machine's: due times and deadlines go by the server's",
            cure: "synchronise the clocks of both machines, as with chrony or systemd-timesyncd")
    }
}
