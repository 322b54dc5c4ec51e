import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// A lane that needs two busy gates.
@Suite(.timeLimit(.minutes(10)))
struct ReservationTests {
    @Test func aLaneThatNeedsTwoBusyGatesStartsWithinTwoHundredSettlements() async throws {
        let settlements = try #require(try await settlementsUntilItStarts(among: 2000))
        #expect(settlements <= 200)
    }

    @Test(arguments: Mutant.reservations) func withoutTheReservationItDoesNotStart(_ mutant: Mutant) async throws {
        #expect(try await settlementsUntilItStarts(among: 2000, [mutant.module: mutant.text()]) == nil)
    }

    /// Both gates have two places and endless work of their own. One job ends at a time, and its place is free for the next.
    private func settlementsUntilItStarts(among most: Int, _ modules: [String: String] = [:]) async throws -> Int? {
        let server = try await RedisTestServer.start()
        try await server.useVirtualClock(replacing: modules)
        let queues = try await TestNamespace(on: server, clock: .virtual)
        let limits: [Limit] = [.concurrency(2, partition: "a"), .concurrency(2, partition: "h")]
        _ = try await queues.store.call(Declare(deploy: 1, limits: limits), on: "q")
        let worker = WorkerID(known: "w")
        _ = try await queues.store.call(
            Resync(worker: worker, session: 1, lease: .seconds(600), info: "{}", running: []), on: "q")
        var random = SplitMix(seed: 1)
        var running: [ClaimedJob] = []
        for number in 1...most + 1 {
            try await queues.enqueue(number)
            var settlements: [Settlement] = []
            if number > 1 {
                if running.isEmpty { return nil }
                let over = running.remove(at: Int.random(in: 0..<running.count, using: &random))
                settlements = [Settlement(id: over.id, fence: over.fence, outcome: .completed(result: nil))]
            }
            let reply = try await queues.store.call(
                Cycle(
                    worker: worker, session: 1, call: number, demand: 4 - running.count, idle: .seconds(5),
                    settlements: settlements), on: "q")
            running += reply.jobs
            if running.contains(where: { $0.id.text == "both" }) { return number - 1 }
        }
        return nil
    }
}

extension TestNamespace {
    /// Enough for both gates to have more than they can take; and after the first claim the job that needs both.
    fileprivate func enqueue(_ number: Int) async throws {
        func job(_ id: String, _ lane: String) -> NewJob { NewJob(id: JobID(known: id), spec: Array("{}".utf8), lane: lane) }
        var jobs = (0..<(number == 1 ? 20 : 1)).flatMap { [job("a\(number)-\($0)", "a=1"), job("h\(number)-\($0)", "h=x")] }
        if number == 2 { jobs.append(job("both", "a=1&h=x")) }
        _ = try await store.call(Enqueue(producer: "p", number: number, jobs: jobs), on: "q")
    }
}
