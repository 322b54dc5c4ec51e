import Foundation
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

@testable import SluiceInspector

/// What is read of many queues, of gates and of the server in a few calls.
@Suite(.timeLimit(.minutes(10)))
struct OutlineTests {
    @Test func anOutlineTellsWhatThereIsBesidesJobs() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.inspector.outlines().isEmpty)
        try await fixture.join()
        _ = try await fixture.store.call(
            Declare(deploy: 0, limits: [.concurrency(9), .concurrency(1, partition: "account")]), on: "mail")
        try await fixture.enqueue(["a", "b"], partitions: ["account": "42"])
        try await fixture.enqueue(["c"], partitions: ["account": "43"])
        try await fixture.cycle(1, demand: 10)
        try await fixture.inspector.override("depth", to: "5", in: "mail")
        try await fixture.inspector.switchDependency("tmdb", on: false, in: "mail")
        let entry = CronEntry(
            expression: "@hourly", zone: "UTC", job: Array(#"{"kind":"k"}"#.utf8), options: nil, catchUp: .latest, overlap: .allow
        )
        _ = try await fixture.store.call(CronPut("e", entry, next: try entry.next(after: 0), deploy: nil), on: "mail")
        try await fixture.store.register("other")
        let outlines = try await fixture.inspector.outlines()
        #expect(
            outlines == [
                QueueOutline(queue: "mail", cronEntries: 1, limits: 2, overrides: 1, lanesWaiting: 1, dependenciesOff: 1),
                QueueOutline(queue: "other", cronEntries: 0, limits: 0, overrides: 0, lanesWaiting: 0, dependenciesOff: 0),
            ])
        let (holders, lanes) = try await fixture.inspector.holders(of: "account=42", in: "mail")
        #expect(holders.map(\.id) == [id("a")] && holders.map(\.worker) == [fixture.worker] && lanes == ["account=42"])
        let nobody = try await fixture.inspector.holders(of: "account=9", in: "mail")
        #expect(nobody.holders.isEmpty && nobody.lanes.isEmpty)
        await #expect(throws: SluiceError.self) { try await fixture.inspector.holders(of: "", in: "mail") }
    }

    @Test func kindsThatNobodyHandlesAreFound() async throws {
        let fixture = try await Fixture()
        try await fixture.enqueue(["a", "b"], kind: "odd")
        try await fixture.enqueue(["c"], kind: "email")
        #expect(try await fixture.inspector.unhandledKinds(of: "mail").isEmpty)
        _ = try await fixture.store.call(
            Resync(worker: fixture.worker, session: 1, lease: .seconds(7200), info: #"{"kinds":["email"]}"#, running: []),
            on: "mail")
        let found = try await fixture.inspector.unhandledKinds(of: "mail")
        #expect(found == [UnhandledKind(queue: "mail", kind: "odd", jobs: 2, example: id("a"))])
    }

    @Test func theServerTellsOfItself() async throws {
        let fixture = try await Fixture()
        let server = try await fixture.inspector.server()
        #expect(server.version?.hasPrefix("7.") == true || server.version != nil)
        #expect(server.role == "master" && server.clients ?? 0 > 0 && server.memory?.used ?? 0 > 0)
        #expect(server.library?.revision == LibraryVersion.own.revision && server.library?.isPinned == false)
        #expect(try await fixture.inspector.library() == server.library)
        #expect(server.ahead == .zero || server.ahead < .seconds(5))
    }

    @Test func whatIsNotToldIsNil() {
        let time = Date(timeIntervalSince1970: 1)
        let nothing = ServerStatus(info: [:], settings: nil, library: nil, time: time, ahead: .zero)
        #expect(nothing.version == nil && nothing.memory == nil && nothing.persistence == nil && nothing.library == nil)
        let full = ServerStatus(
            info: [
                "redis_version": "7.2.1", "role": "slave", "used_memory": "5", "maxmemory": "0",
                "maxmemory_policy": "allkeys-lru",
                "aof_enabled": "1", "aof_last_write_status": "err", "rdb_last_bgsave_status": "ok", "rdb_last_save_time": "7",
                "connected_clients": "3", "maxclients": "9", "uptime_in_seconds": "60", "instantaneous_ops_per_sec": "8",
            ],
            settings: ["appendfsync": "no", "save": ""], library: LibraryVersion(protocolVersion: 1, revision: 2, isPinned: true),
            time: time, ahead: .seconds(-3))
        #expect(full.memory == .init(used: 5, peak: nil, limit: nil, policy: "allkeys-lru"))
        #expect(
            full.persistence?.appends == true && full.persistence?.appendsWell == false && full.persistence?.savesWell == true)
        #expect(full.persistence?.sync == "no" && full.persistence?.lastSnapshot == Date(timeIntervalSince1970: 7))
        #expect(full.uptime == .seconds(60) && full.clientLimit == 9 && full.commandsPerSecond == 8 && full.role == "slave")
        #expect(full.library?.revision == 2 && full.library?.isPinned == true)
    }

    @Test(arguments: [
        ("concurrency", "12", "12"), ("rate/host", "40/10000/300", "40/10s"), ("rate/host", "40/10000/5000", "40/10s/5s"),
        ("breaker/host", "5/30000/20000", "5/30s/20s"), ("rate", "1/1500/45", "1/1500ms"), ("concurrency/a=b", "none", "none"),
    ])
    func limitsAreWrittenAsInTheTool(_ name: String, _ value: String, _ notation: String) {
        #expect(QueueLimits.Setting(name: name, value: value).notation == notation)
    }
}
