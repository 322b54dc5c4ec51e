import Sluice
import SluiceInspector
import SluiceTesting
import SluiceWorker
import Testing

/// The users of `deploy/redis/users.acl` do all that they have to, on a real server, and nothing else.
@Suite(.timeLimit(.minutes(10)))
struct AccessTests {
    private struct Greet: Job {
        static let kind = "greet"
        static let options = JobOptions(queue: "greetings", keepsResult: true)
        typealias Output = String
        var name: String
    }

    private let users: RedisUsers

    init() async throws { users = try await RedisUsers.start() }

    @Test func producersAndWorkersWork() async throws {
        try await users.loadLibrary()
        let producer = try await SluiceClient(.url(users.url("producer")))
        let client = try await SluiceClient(.url(users.url("worker")))
        let worker = Worker(client, queues: [Queue("greetings", concurrency: 4)], options: WorkerOptions(grace: .zero))
        worker.handle(Greet.self) { job, _ in "Hello, \(job.name)" }
        let work = Task { try await worker.run() }

        let said = try await producer.enqueueAndWait(Greet(name: "Ada"), timeout: .seconds(120))
        #expect(said == "Hello, Ada")
        try await producer.enqueue(Greet(name: "Grace")) { $0.delay = .seconds(3600) }
        _ = try await producer.crontab(of: "greetings").add(Cron("daily", schedule: "@daily", job: Greet(name: "Jean")))
        let batch = try await producer.openBatch("many")
        try await batch.add([Greet(name: "Alan"), Greet(name: "Kurt")])
        try await batch.seal()
        var flow = Workflow("two")
        flow.add("first", Greet(name: "Emmy"))
        flow.add("second", Greet(name: "Sofia"))
        _ = try await producer.enqueue(flow).wait(timeout: .seconds(120))
        // More than there are permits, so that some wait for theirs.
        let press = producer.semaphore("press", limit: 1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { try await press.withPermit(timeout: .seconds(120)) {} } }
            try await group.waitForAll()
        }
        try await producer.rateLimiter("calls", limit: 10, per: .seconds(1)).acquire()

        work.cancel()
        _ = try? await work.value
        await producer.close()
        await client.close()
        let refused = try await users.refused()
        #expect(refused.isEmpty, "\(refused)")
        let inspector = try Inspector(url: users.url("dashboard"))
        #expect(try await inspector.audit().isClean)
        await inspector.close()
    }

    @Test func theDashboardShowsAndChanges() async throws {
        try await users.loadLibrary()
        let client = try await SluiceClient(.url(users.url("dashboard")))
        let inspector = try Inspector(url: users.url("dashboard"))
        try await inspector.pause("greetings", reason: "a test", mayBeNew: true)
        var transitions = try await inspector.transitions(of: "greetings").makeAsyncIterator()
        let job = try await client.enqueue(Greet(name: "Ada"))
        let transition = try await transitions.next()
        #expect(transition?.to == .available)

        #expect(try await inspector.queues() == ["greetings"])
        #expect(try await inspector.status(of: "greetings").states[.available] == 1)
        #expect(try await inspector.jobs(matching: JobFilter(queues: ["greetings"])).jobs.map(\.id) == [job.id])
        #expect(try await inspector.explain(job.id, in: "greetings") != nil)
        #expect(try await inspector.errors(in: "greetings").isEmpty)
        #expect(try await inspector.audit().isClean)
        #expect(try await inspector.diagnose().parts.first?.unseen == [])
        #expect(try await inspector.server().memory?.policy == "noeviction")
        _ = try await inspector.override("concurrency", to: "3", in: "greetings")
        try await inspector.switchDependency("mail", on: false, in: "greetings")
        try await inspector.resume("greetings")
        #expect(try await inspector.change(.cancel, ids: [job.id], in: "greetings").map(\.result) == [.now(.cancelled)])

        let token = try await inspector.createToken("script", role: .viewer)
        #expect(try await inspector.authenticate(token.secret)?.id == token.token.id)
        #expect(try await inspector.tokens().tokens.count == 1)
        #expect(try await inspector.revokeToken(token.token.id) != nil)
        #expect(try await inspector.actions(newest: 50).actions.count >= 6)
        await client.close()
        await inspector.close()
        let refused = try await users.refused()
        #expect(refused.isEmpty, "\(refused)")
    }

    /// The doctor goes on where a user may not look, and names what it has not seen. Red if it ended at the first refusal.
    @Test(arguments: ["worker", "producer"])
    func theDoctorSeesWhatAUserMaySee(_ user: String) async throws {
        try await users.loadLibrary()
        let client = try await SluiceClient(.url(users.url(user)))
        try await client.enqueue(Greet(name: "Ada"))
        await client.close()
        let inspector = try Inspector(url: users.url(user))
        let parts = try await inspector.diagnose().parts
        #expect(parts.map(\.subject) == [.server, .library, .queue("greetings"), .workflows])
        #expect(parts[0].unseen.contains { $0.contains("CONFIG GET") })
        #expect(parts[2].unseen == [] && parts[2].findings.map(\.code) == ["queue.no_worker"])
        #expect(parts[3].unseen.count == 1 && parts[3].unseen[0].hasPrefix("the rest: "), "\(parts[3].unseen)")
        await inspector.close()
    }

    /// Others are told who can load the functions, and do not start without them.
    @Test(arguments: ["worker", "producer", "dashboard"])
    func onlyTheAdministratorLoadsTheLibrary(_ user: String) async throws {
        let early = try Inspector(url: users.url(user))
        let error = await #expect(throws: SluiceError.self) { try await early.status(of: "greetings") }
        #expect(error?.code == .permission && error?.message.contains("sluice library load") == true)
        await early.close()
        try await users.loadLibrary()
        let late = try Inspector(url: users.url(user))
        #expect(try await late.status(of: "greetings").states[.available, default: 0] == 0)
        await late.close()
    }

    /// What the configuration and its comments ask an administrator to do.
    @Test func theAdministratorLooksAfterTheServer() async throws {
        try await users.loadLibrary()
        let commands = [
            ["FUNCTION", "LIST"], ["FUNCTION", "STATS"], ["CONFIG", "GET", "maxmemory"], ["CONFIG", "SET", "maxmemory", "512mb"],
            ["INFO"], ["ROLE"], ["LASTSAVE"], ["BGSAVE"], ["SLOWLOG", "GET"], ["LATENCY", "LATEST"], ["CLIENT", "LIST"],
            ["MEMORY", "STATS"], ["SCAN", "0", "MATCH", "sluice:*"], ["ACL", "WHOAMI"], ["ACL", "LOG"], ["ACL", "LOAD"],
            ["ACL", "SETUSER", "worker", ">new"], ["ACL", "SAVE"], ["CLIENT", "KILL", "USER", "worker"],
            ["REPLICAOF", "NO", "ONE"],
        ]
        for command in commands { try await users.run(command, as: "admin") }
        #expect(try await users.run(["ACL", "WHOAMI"], as: "admin") == "admin")
    }

    // MARK: What is refused

    /// What no user may do.
    private static let forbidden = [
        ["GET", "other"], ["SET", "other", "1"], ["FCALL", "sluice1_pause", "1", "other:{mail}", ""],
        ["EXISTS", "sluicex:{mail}"], ["EVAL", "return 1", "0"], ["FUNCTION", "FLUSH"], ["FLUSHALL"], ["FLUSHDB"], ["KEYS", "*"],
        ["RANDOMKEY"], ["SELECT", "1"], ["SWAPDB", "0", "1"], ["MOVE", "sluice:queues", "1"],
        ["COPY", "sluice:queues", "sluice:{a}:b"], ["SORT", "sluice:queues", "BY", "*"], publishing,
    ]

    private static let publishing = ["PUBLISH", "channel", "x"]

    /// What only the administrator may do.
    private static let administrative =
        [
            ["FUNCTION", "LOAD", "x"], ["FUNCTION", "DELETE", "sluice"], ["CONFIG", "SET", "maxmemory", "1"], ["CLIENT", "LIST"],
            ["SCAN", "0"], ["DBSIZE"], ["BGSAVE"], ["ACL", "LOG"],
        ] + powerful

    private static let powerful = [
        ["SHUTDOWN"], ["REPLICAOF", "127.0.0.1", "1"], ["ACL", "SETUSER", "worker", "+@all"], ["ACL", "LIST"],
    ]

    /// What only the dashboard and the administrator may do.
    private static let confidential = [
        ["HGETALL", "sluice:tokens"], ["HSET", "sluice:tokens", "a", "b"], ["XADD", "sluice:actions", "*", "a", "b"],
        ["XREVRANGE", "sluice:actions", "+", "-"], ["HSET", "sluice:dependencies", "mail", "off"], ["CONFIG", "GET", "*"],
    ]

    private static let claiming = [["BLPOP", "sluice:{mail}:wake", "1"]]

    private static let bare = [["GET", "sluice:queues"], ["FCALL_RO", "sluice1_version", "0"]]

    private static let refusals: [(user: String, commands: [[String]])] = [
        ("worker", forbidden + administrative + confidential),
        ("producer", forbidden + administrative + confidential + claiming),
        ("dashboard", forbidden + administrative + claiming),
        ("admin", forbidden + claiming),
        ("replica", forbidden + administrative + confidential + claiming + bare),
        ("sentinel", forbidden.filter { $0 != publishing } + powerful + claiming + bare),
    ]

    @Test(arguments: refusals.indices)
    func nothingElseIsAllowed(_ index: Int) async throws {
        let (user, commands) = Self.refusals[index]
        for command in commands {
            let error = await #expect(throws: RedisTestServerError.self) { try await users.run(command, as: user) }
            #expect(error?.description.contains("NOPERM") == true, "\(user): \(command): \(error?.description ?? "allowed")")
        }
    }

    /// Without a name and a password, the server answers nothing.
    @Test func theUserDefaultIsOff() throws {
        let lines = try DeployFiles.text("redis/users.acl").split(separator: "\n")
        #expect(lines.first == "user default off resetpass ~* &* +@all")
        for line in lines.dropFirst() {
            let name = try #require(line.split(separator: " ").dropFirst().first)
            #expect(line.hasPrefix("user \(name) on >change-\(name) "), "a password that is not to be changed: \(name)")
        }
    }
}
