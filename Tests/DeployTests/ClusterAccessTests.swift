import Sluice
import SluiceInspector
import SluiceTesting
import SluiceWorker
import Testing

/// The users of `deploy/redis/users.acl` do all that they have to in a Redis Cluster as well. What they may not do is the same there:
/// see `AccessTests`.
@Suite(.timeLimit(.minutes(5)))
struct ClusterAccessTests {
    private struct Greet: Job {
        static let kind = "greet"
        static let options = JobOptions(queue: "greetings", keepsResult: true)
        typealias Output = String
        var name: String
    }

    /// Red if a user lacks `+cluster|shards`: then it does not connect. Red, too, if the doctor asks what the dashboard may not.
    @Test func theUsersWorkInACluster() async throws {
        let users = try await RedisUsers.startCluster()
        let administrator = try Inspector(url: users.clusterURL("admin"))
        try await administrator.loadLibrary(pinned: false)
        await administrator.close()

        let producer = try await SluiceClient(.url(users.clusterURL("producer")))
        let client = try await SluiceClient(.url(users.clusterURL("worker")))
        let worker = Worker(client, queues: [Queue("greetings", concurrency: 4)], options: WorkerOptions(grace: .zero))
        worker.handle(Greet.self) { job, _ in "Hello, \(job.name)" }
        let work = Task { try await worker.run() }
        let said = try await producer.enqueueAndWait(Greet(name: "Ada"), timeout: .seconds(120))
        #expect(said == "Hello, Ada")
        work.cancel()
        _ = try? await work.value
        await producer.close()
        await client.close()

        let inspector = try Inspector(url: users.clusterURL("dashboard"))
        #expect(try await inspector.status(of: "greetings").states[.completed] == 1)
        _ = try await inspector.diagnose()
        #expect(try await inspector.audit().isClean)
        await inspector.close()
        let refused = try await users.refused()
        #expect(refused.isEmpty, "\(refused)")
    }

    /// What `redis.conf` says of them.
    @Test func theAdministratorLooksAfterTheCluster() async throws {
        let users = try await RedisUsers.startCluster()
        for question in ["NODES", "INFO", "SHARDS", "MYID"] { try await users.run(["CLUSTER", question], as: "admin") }
        for user in ["worker", "producer", "dashboard", "admin"] {
            let error = await #expect(throws: RedisTestServerError.self) {
                try await users.run(["CLUSTER", "DELSLOTSRANGE", "0", "16383"], as: user)
            }
            #expect(error?.description.contains("NOPERM") == true, "\(user)")
        }
    }
}
