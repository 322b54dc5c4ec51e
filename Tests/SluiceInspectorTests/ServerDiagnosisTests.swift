import Foundation
import Hiredis
import SluiceCore
import SluiceLua
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceInspector

/// What the doctor finds of a server and of the library on it.
@Suite(.timeLimit(.minutes(10)))
struct ServerDiagnosisTests {
    private static let cures = CureText(namespace: .standard)

    private func inspector(_ server: RedisTestServer, user: String = "") throws -> Inspector {
        var configuration = try RedisConfiguration(url: server.socketURL)
        if !user.isEmpty { (configuration.username, configuration.password) = (user, "secret") }
        return Inspector(Store(configuration))
    }

    private func part(_ subject: Diagnosis.Subject, _ inspector: Inspector) async throws -> Diagnosis.Part {
        try #require(try await inspector.diagnose().parts.first { $0.subject == subject })
    }

    /// Loads a library as it is.
    private func load(_ text: String, _ server: RedisTestServer) async throws {
        let client = RedisClient(try RedisConfiguration(url: server.socketURL))
        _ = try await client.send(RedisCommand(["FUNCTION", "LOAD", text]))
        await client.close()
    }

    /// Has a snapshot written, and waits until it is, or is not.
    private func snapshot(_ server: RedisTestServer) async throws {
        try await server.cli("BGSAVE")
        let end = ContinuousClock.now + .seconds(20)
        while try await server.cli("INFO", "persistence").contains("rdb_bgsave_in_progress:1"), ContinuousClock.now < end {}
    }

    private struct Setting: Sendable, CustomTestStringConvertible {
        var code: String
        var severity: Diagnosis.Severity
        var what: String
        var settings: [[String]]
        var testDescription: String { code + " " + what }
    }

    /// What `CONFIG SET` can do wrong; the cure undoes it.
    private static let settings = [
        Setting(
            code: "server.eviction", severity: .problem, what: "jobs are thrown away when it is full",
            settings: [["maxmemory-policy", "allkeys-lru"], ["maxmemory", "100mb"]]),
        Setting(
            code: "server.eviction", severity: .notice, what: "jobs are thrown away once it has a maxmemory",
            settings: [["maxmemory-policy", "volatile-ttl"], ["maxmemory", "0"]]),
        Setting(
            code: "server.fsync", severity: .notice, what: "a power cut may lose half a minute",
            settings: [["appendfsync", "no"]]),
        Setting(
            code: "server.unsaved", severity: .notice, what: "neither an append-only file nor snapshots",
            settings: [["appendonly", "no"], ["save", ""]]),
    ]

    @Test(arguments: settings)
    private func aSettingIsFoundAndCured(_ setting: Setting) async throws {
        let server = try await RedisTestServer.start(.init(aof: true))
        let inspector = try inspector(server)
        #expect(try await part(.server, inspector).findings == [])
        for words in setting.settings { try await server.cli(["CONFIG", "SET"] + words) }
        let findings = try await part(.server, inspector).findings
        #expect(findings.map(\.code) == [setting.code])
        let finding = try #require(findings.first)
        #expect(finding.severity == setting.severity && finding.what.contains(setting.what), "\(finding.what)")
        let cure = finding.cure.prefix { $0 != "," }.split(separator: " ").map(String.init)
        #expect(cure.first == "redis-cli")
        try await server.cli(Array(cure.dropFirst()))
        #expect(try await part(.server, inspector).findings == [])
        await inspector.close()
    }

    @Test func littleRoomIsFound() async throws {
        let server = try await RedisTestServer.start(.init(aof: true))
        try await load(FunctionLibrary.text(), server)
        let inspector = try inspector(server)
        try await server.cli("CONFIG", "SET", "maxmemory", "1000000")
        let finding = try #require(try await part(.server, inspector).findings.first)
        #expect(finding.code == "server.memory" && finding.severity == .problem)
        #expect(finding.what.contains("of 1 MB are used") && finding.cure.contains("CONFIG SET maxmemory 2000000"))
        try await server.cli("CONFIG", "SET", "maxmemory", "1gb")
        #expect(try await part(.server, inspector).findings == [])
        await inspector.close()
    }

    @Test(arguments: ["1mb 1mb 0", "0 2mb 60"])
    func aBoundOnRepliesIsFoundThoughNoQueueIsThere(_ bound: String) async throws {
        let server = try await RedisTestServer.start(.init(aof: true, config: ["client-output-buffer-limit normal \(bound)"]))
        let inspector = try inspector(server)
        let finding = try #require(try await part(.server, inspector).findings.first)
        #expect(finding.code == "server.output_limit" && finding.severity == .problem)
        #expect(finding.what.contains("client-output-buffer-limit is \(bound.hasPrefix("1") ? "1" : "2") MB for normal"))
        #expect(finding.cure.contains("CONFIG SET client-output-buffer-limit 'normal 0 0 0'"))
        try await server.cli("CONFIG", "SET", "client-output-buffer-limit", "normal 0 0 0")
        #expect(try await part(.server, inspector).findings == [])
        await inspector.close()
    }

    @Test func aSnapshotThatFailedIsFound() async throws {
        let server = try await RedisTestServer.start(.init(config: ["save 3600 1", "dbfilename snap.rdb"]))
        let inspector = try inspector(server)
        // A file cannot take the place of a folder.
        let obstacle = URL(fileURLWithPath: server.directory).appending(path: "snap.rdb")
        try FileManager.default.createDirectory(at: obstacle, withIntermediateDirectories: false)
        try await snapshot(server)
        let finding = try #require(try await part(.server, inspector).findings.first)
        #expect(finding.code == "server.save_failed" && finding.severity == .problem)
        #expect(finding.cure.contains("redis-cli BGSAVE"))
        try FileManager.default.removeItem(at: obstacle)
        try await snapshot(server)
        #expect(try await part(.server, inspector).findings == [])
        await inspector.close()
    }

    /// Red if the rights were not asked for, or if `off` alone counted as lacking them.
    @Test func aUserDefaultWithoutRightsIsFoundWhereThereIsAnAppendOnlyFile() async throws {
        let server = try await RedisTestServer.start(.init(aof: true, aclUsers: ["admin on >secret ~* &* +@all"]))
        let inspector = try inspector(server, user: "admin")
        let admin = ["--user", "admin", "--pass", "secret", "--no-auth-warning"]
        #expect(try await part(.server, inspector).findings == [])
        for rights in [["-@all"], ["+@all", "-hset"], ["+@all", "resetkeys", "~other:*"]] {
            try await server.cli(admin + ["ACL", "SETUSER", "default", "off"] + rights)
            let finding = try #require(try await part(.server, inspector).findings.first)
            #expect(finding.code == "server.default_rights" && finding.severity == .problem, "\(rights)")
            let cure = finding.cure.prefix { $0 != "," }.split(separator: " ").map { String($0).replacing("'", with: "") }
            #expect(cure.prefix(4) == ["redis-cli", "ACL", "SETUSER", "default"])
            try await server.cli(admin + cure.dropFirst())
            #expect(try await part(.server, inspector).findings == [])
            #expect(try await server.cli(admin + ["ACL", "GETUSER", "default"]).contains("off"))
        }
        try await server.cli(admin + ["ACL", "SETUSER", "default", "-@all"])
        try await server.cli(admin + ["CONFIG", "SET", "appendonly", "no", "save", "3600 1"])
        #expect(try await part(.server, inspector).findings == [])
        await inspector.close()
    }

    @Test func aReplicaIsFound() async throws {
        let primary = try await RedisTestServer.start(.init(tcp: true))
        let replica = try await RedisTestServer.start(.init(aof: true, replicaOf: primary))
        let inspector = try inspector(replica)
        let findings = try await part(.server, inspector).findings
        #expect(findings.map(\.code) == ["server.replica"])
        #expect(findings.first?.cure == "connect to its primary, 127.0.0.1:\(primary.tcpPort ?? 0)")
        await inspector.close()
    }

    @Test(arguments: [(2.5, "behind"), (-2.5, "ahead of")])
    func anotherTimeIsFound(_ shift: Double, _ side: String) async throws {
        let inspector = try inspector(try await RedisTestServer.shared())
        let diagnosis = try await inspector.diagnose(nil) { Date().addingTimeInterval(shift) }
        let finding = try #require(diagnosis.findings.first { $0.code == "server.clock" })
        #expect(finding.severity == .notice && finding.what.contains(" \(side) this machine's"))
        let same = try await inspector.diagnose(nil) { Date().addingTimeInterval(shift / 5) }
        #expect(!same.findings.contains { $0.code == "server.clock" })
        await inspector.close()
    }

    @Test func whatAUserMayNotLookAtIsNoError() async throws {
        let server = try await RedisTestServer.start(
            .init(
                aof: true,
                aclUsers: [
                    "worker on >secret ~sluice:* +@read +@write +@blocking +@connection +time +wait -@dangerous -@scripting "
                        + "-randomkey -dbsize -scan -move -swapdb -client|tracking +fcall +fcall_ro +info",
                    "blind on >secret ~sluice:* +@read +@connection +time -@dangerous +fcall +fcall_ro",
                ]))
        try await load(FunctionLibrary.text(), server)
        let worker = try await part(.server, inspector(server, user: "worker"))
        #expect(worker.findings == [])
        let replies = "whether it bounds replies (client-output-buffer-limit): this user may not call CONFIG GET"
        let rights = "whether the user default has the rights that a restart needs: this user may not call ACL DRYRUN"
        #expect(worker.unseen == ["how often it syncs its file: this user may not call CONFIG GET", rights, replies])
        let diagnosis = try await inspector(server, user: "blind").diagnose()
        #expect(diagnosis.isHealthy)
        #expect(
            diagnosis.parts.first?.unseen
                == ["version, role, memory and persistence: this user may not call INFO", replies])
    }

    @Test func whatCannotBeProvokedIsToldFromInfo() {
        let base = ["redis_version": "7.2.4", "aof_enabled": "1", "maxmemory_policy": "noeviction"]
        func codes(_ changes: [String: String]) -> [String] {
            ServerExamination(
                info: base.merging(changes) { $1 }, settings: ["appendfsync": "everysec", "save": ""], cures: Self.cures
            ).part.findings.map(\.code)
        }
        #expect(codes([:]) == [])
        #expect(codes(["redis_version": "6.2.14"]) == ["server.version"])
        #expect(codes(["redis_version": "10.0.0"]) == [])
        #expect(codes(["aof_last_write_status": "err"]) == ["server.append_failed"])
        #expect(codes(["aof_last_bgrewrite_status": "err"]) == ["server.append_failed"])
        #expect(codes(["aof_enabled": "0", "aof_last_write_status": "err"]) == ["server.unsaved"])
    }

    private struct Loaded: Sendable, CustomTestStringConvertible {
        var code: String?
        var severity = Diagnosis.Severity.problem
        /// Nil for none.
        var text: String?
        var cure = "sluice library load"
        var looksAtQueues = true
        var testDescription: String { code ?? "own" }
    }

    private static let libraries = [
        Loaded(code: nil, text: FunctionLibrary.text()),
        Loaded(code: "library.missing", text: nil, looksAtQueues: false),
        Loaded(code: "library.old", text: FunctionLibrary.text(revision: 20), looksAtQueues: false),
        Loaded(code: "library.pinned", severity: .notice, text: FunctionLibrary.text(pinned: true)),
        Loaded(
            code: "library.newer", severity: .notice, text: FunctionLibrary.text(revision: 999),
            cure: "sluice library load --pin"),
        Loaded(
            code: "library.protocol",
            text: FunctionLibrary.text().replacing("PROTOCOL, REVISION, PINNED = 1", with: "PROTOCOL, REVISION, PINNED = 2"),
            cure: "upgrade this tool", looksAtQueues: false),
    ]

    @Test(arguments: libraries)
    private func theLibraryIsComparedAndLeftAlone(_ loaded: Loaded) async throws {
        let server = try await RedisTestServer.start()
        if let text = loaded.text { try await load(text, server) }
        try await server.cli("SADD", "sluice:queues", "mail")
        let inspector = try inspector(server)
        let before = try await server.cli("FUNCTION", "LIST", "WITHCODE")
        let diagnosis = try await inspector.diagnose()
        let findings = diagnosis.parts.filter { $0.subject == .library }.flatMap(\.findings)
        #expect(findings.map(\.code) == (loaded.code.map { [$0] } ?? []))
        if let finding = findings.first {
            #expect(finding.severity == loaded.severity && finding.cure.hasSuffix(loaded.cure), "\(finding)")
        }
        #expect(diagnosis.parts.contains { $0.subject == .queue("mail") } == loaded.looksAtQueues)
        #expect(try await server.cli("FUNCTION", "LIST", "WITHCODE") == before)
        if loaded.cure == "sluice library load" {
            try await inspector.store.loadLibrary(pinned: false)
            #expect(try await part(.library, inspector).findings == [])
        }
        await inspector.close()
    }
}
