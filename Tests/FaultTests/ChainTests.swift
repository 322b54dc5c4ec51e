import Foundation
import Sluice
import SluiceCore
import SluiceTesting
import TestSupport
import Testing

/// Chains over worker processes that are killed.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ChainTests {
    private static let chains = 40
    private static let length = 25

    @Test func killedWorkersNeverMixAChainUp() async throws {
        let load = try await Load()
        var workers: [WorkerProcess] = []
        for _ in 0..<3 { workers.append(try await load.worker(concurrency: 10, milliseconds: 5)) }
        let total = Self.chains * Self.length
        let requests = try (0..<total).map { number in
            var request = try JobRequest(kind: "load", queue: load.queue, arguments: "\(number)")
            request.chain = Chain("chain \(number % Self.chains)")
            request.id = JobID(known: "\(number % Self.chains)-\(number / Self.chains)")
            return request
        }
        #expect(try await load.client.enqueue(requests).added == total)
        var lost = 0
        for share in 1...4 {
            #expect(await load.completed(total * share / 6))
            let victim = workers.removeFirst()
            // It is frozen in the middle of something, unless this process is too slow to see it there.
            #expect(
                await load.queues.eventually(in: load.queue) {
                    victim.signal(SIGSTOP)
                    if load.log.runs(in: victim.pid) {
                        lost += 1
                        return true
                    }
                    victim.signal(SIGCONT)
                    return try await load.total("completed") == total
                })
            await victim.killAndWait()
            workers.append(try await load.worker(concurrency: 10, milliseconds: 5))
        }
        try await load.expectAllDone(total)
        #expect(try await load.total("reclaimed") >= lost)
        try expectOrder(load)
    }

    /// Starts and ends of a chain, by time: a job starts again where its process died, the next one after its end.
    private func expectOrder(_ load: Load) throws {
        var chains: [String: [(time: Int, number: Int, isEnd: Bool)]] = [:]
        for entry in load.log.entries() {
            let parts = entry.id.split(separator: "-")
            let number = try #require(Int(parts[1]))
            chains[String(parts[0]), default: []].append((entry.time, number, entry.isEnd))
        }
        #expect(chains.count == Self.chains)
        for (chain, entries) in chains {
            var done = -1
            // An end and the start that follows it may be of the same microsecond.
            for entry in entries.sorted(by: { ($0.time, $0.number) < ($1.time, $1.number) }) {
                #expect(entry.number == done || entry.number == done + 1, "\(chain): \(entry) after \(done)")
                if entry.isEnd { done = max(done, entry.number) }
            }
            #expect(done == Self.length - 1)
        }
    }
}
