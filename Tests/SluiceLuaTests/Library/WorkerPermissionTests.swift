import Foundation
import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// What the user of a worker may do, and what not.
@Suite(.timeLimit(.minutes(10)))
struct WorkerPermissionTests {
    private let server: RedisTestServer
    private let store: Store
    static let rules =
        "~sluice:* +@read +@write +@blocking +@connection +time +wait -@dangerous -@scripting -randomkey -dbsize -scan -move "
        + "-swapdb -client|tracking +fcall +fcall_ro +info +cluster|shards"

    init() async throws {
        server = try await RedisTestServer.start(.init(aclUsers: ["worker on >secret \(Self.rules)"]))
        var settings = try RedisConfiguration(url: server.socketURL)
        // An administrator has loaded the library.
        _ = try await Store(settings).call(Status(), on: "mail")
        settings.username = "worker"
        settings.password = "secret"
        store = Store(settings)
    }

    @Test func canDoAllAWorkerDoes() async throws {
        let worker = WorkerID(known: "w")
        let info = Resync(worker: worker, session: 1, lease: .seconds(30), info: "{}", running: [])
        _ = try await store.call(info, on: "mail")
        try await store.register("mail")
        let jobs = ["a", "b"].map { NewJob(id: JobID(known: $0), spec: Array(#"{"kind":"k"}"#.utf8), lane: "h=\($0)") }
        _ = try await store.call(Enqueue(producer: "p", number: 1, jobs: jobs), on: "mail")
        let listener = store.listener()
        #expect(try await listener.next(wake: ["mail"], bells: ["mail"], worker: worker, within: .seconds(5)) == .wake("mail"))
        await listener.close()
        var cycle = Cycle(worker: worker, session: 1, call: 1, demand: 2, idle: .seconds(1), settlements: [])
        let claimed = try await store.call(cycle, on: "mail").jobs
        #expect(claimed.count == 2)
        let fence = try #require(claimed.first?.fence)
        let progress = Progress(worker: worker, id: JobID(known: "a"), fence: fence, fraction: 0.5, note: "half")
        try await store.call(progress, on: "mail")
        _ = try await store.call(ChangeJobs(.cancel, [JobID(known: "b")]), on: "mail")
        cycle.call = 2
        cycle.settlements = [
            Settlement(id: JobID(known: "a"), fence: fence, outcome: .completed(result: nil)),
            Settlement(id: JobID(known: "b"), fence: fence, outcome: .release),
        ]
        #expect(try await store.call(cycle, on: "mail").refused == [])
        #expect(try await store.call(Leave(worker: worker, session: 1), on: "mail"))
        #expect(try await store.call(AuditPage(), on: "mail").violations.isEmpty)
        #expect(try await store.call(Status(), on: "mail")["cancelled"] == "1")
        #expect(try await store.queues() == ["mail"])
        let book = Relay(store)
        try await book.tell(BatchID(known: "b"), .open(name: "", callbacks: [:]))
        #expect(try await store.batches(from: 0).map(\.text) == ["b"])
    }

    @Test(arguments: [
        ["EVAL", "return 1", "0"], ["FUNCTION", "FLUSH"], ["FUNCTION", "LOAD", "x"], ["GET", "other"], ["SET", "other", "1"],
        ["FCALL", "sluice1_pause", "1", "other:{mail}", ""], ["FLUSHALL"], ["KEYS", "*"], ["CONFIG", "GET", "*"], ["SHUTDOWN"],
        ["SCAN", "0"], ["RANDOMKEY"], ["DBSIZE"], ["CLIENT", "TRACKING", "ON", "BCAST"], ["CLIENT", "LIST"],
        ["MOVE", "sluice:queues", "1"], ["SWAPDB", "0", "1"], ["COPY", "sluice:queues", "other"], ["EXISTS", "other"],
        ["SUBSCRIBE", "__keyspace@0__:other"], ["PSUBSCRIBE", "*"], ["SORT", "sluice:queues", "BY", "*"],
    ])
    func cannotDoMore(_ words: [String]) async throws {
        let error = await #expect(throws: SluiceError.self) { try await store.command(words) }
        #expect(error?.code == .permission, "\(words)")
    }

    /// What is left of the server beside its keys, as the article on security says.
    @Test func seesHowManyKeysThereAreAndNoName() async throws {
        try await server.cli("SET", "other:secret", "1")
        let info = try #require(try await store.command(["INFO"]).root.string)
        #expect(info.contains("db0:keys=") && !info.contains("other:secret"))
    }

    @Test func theArticleOnSecurityGivesTheseRights() throws {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { folder.deleteLastPathComponent() }
        let article = try String(
            contentsOf: folder.appending(path: "Sources/Sluice/Sluice.docc/Running/Security.md"), encoding: .utf8)
        #expect(article.contains("\nuser worker on >secret \(Self.rules)\n"))
    }

    @Test func isToldWhoCanLoadTheLibraryWhenItIsMissing() async throws {
        try await server.cli("FUNCTION", "FLUSH")
        let error = await #expect(throws: SluiceError.self) { try await store.call(Status(), on: "mail") }
        #expect(error?.code == .permission)
        #expect(error?.message.contains("sluice library load") == true)
    }
}
