import Hiredis
import Sluice
import SluiceCore
import SluiceWorker
import TestSupport
import Testing

@testable import SluiceStore

/// A cluster of which one primary is dead, while the others work.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct AbsentPrimaryTests {
    private let cluster: ClusterFixture

    init() async throws {
        cluster = try await ClusterFixture(
            primaries: 3, replicas: 0, configuration: ["cluster-require-full-coverage no"])
    }

    /// Red if the start of a client asks all primaries, or if a worker's start ends at the first error.
    @Test func aWorkerStartsAndWaitsForTheNodeOfItsQueue() async throws {
        let dead = try await cluster.primary(of: "work")
        try await cluster.kill(dead)
        var options = SluiceClient.Options()
        options.patience = .seconds(300)
        let client = try await SluiceClient(.url(cluster.url), options: options)
        let worker = Worker(client, queues: [Queue("work")])
        let done = Occurrences()
        worker.handle(Numbered.self) { job, _ in
            done.add()
            return job.number
        }
        let run = Task { try await worker.run() }
        try await cluster.restart(dead)
        try await client.enqueue(Numbered())
        await done.wait()
        run.cancel()
        _ = await run.result
        await client.close()
    }

    /// Red if the run ends at the dead one's error: one of forty-one is seldom the last.
    @Test func theOutboxesOfLiveNodesAreRelayed() async throws {
        let store = try Store(url: cluster.url)
        let dead = try await cluster.primary(of: "work")
        var live: [QueueName] = []
        for number in 0..<100 where live.count < 40 {
            let queue = QueueName("q\(number)")
            if try await cluster.primary(of: queue) != dead { live.append(queue) }
        }
        #expect(live.count == 40)
        _ = try await store.nodes()
        try await cluster.kill(dead)
        let before = try await calls(besides: dead)
        let relay = Relay(store)
        let run = relay.begin()
        run.mark("work")
        for queue in live { run.mark(queue) }
        #expect(await !relay.finish(run))
        #expect(try await calls(besides: dead) >= before + live.count)
        await store.close()
    }

    /// Calls of functions that the live nodes have counted.
    private func calls(besides dead: String) async throws -> Int {
        var count = 0
        for address in cluster.addresses where address != dead {
            let stats = try await cluster.send(["INFO", "commandstats"], to: address).root.string ?? ""
            let calls = stats.firstMatch(of: /cmdstat_fcall:calls=([0-9]+)/)?.1
            count += calls.flatMap { Int($0) } ?? 0
        }
        return count
    }
}
