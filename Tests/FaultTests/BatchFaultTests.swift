import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import TestSupport
import Testing

/// Batches over two queues whose worker processes die.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct BatchFaultTests {
    private static let milliseconds = 50

    private func open(_ load: Load) async throws -> Batch {
        let told = try JobRequest(kind: "load", queue: "away", arguments: "0")
        return try await load.client.openBatch(
            "members", id: BatchID("b"), on: [.completed: told, .failed: told, .attempted: told, .exhausted: told])
    }

    /// Members named by number, every seventh of which is discarded.
    private func members(_ numbers: Range<Int>) throws -> [JobRequest] {
        try numbers.map { number in
            let kind = number % 7 == 3 ? "failing" : "load"
            var request = try JobRequest(kind: kind, queue: number % 2 == 0 ? "load" : "away", arguments: "\(number)")
            request.id = JobID("m\(number)")
            return request
        }
    }

    /// What a batch counts is never more than there are members, nor less than none.
    private func isSound(_ status: BatchStatus, added: Int) -> Bool {
        let ended = status.completed + status.cancelled + status.discarded + status.deleted
        return [status.pending, status.completed, status.discarded].allSatisfy { (0...added).contains($0) }
            && status.pending + ended == status.total && status.total <= added && status.cancelled + status.deleted == 0
    }

    @Test(arguments: ["batched", "confirmed"]) func workersAreKilledAgainAndAgain(_ ack: String) async throws {
        let load = try await Load()
        let batch = try await open(load)
        let total = 300
        let rounds = 4
        var workers: [WorkerProcess] = []
        for _ in 0..<2 { workers.append(try await load.chainWorker(ack: ack, milliseconds: Self.milliseconds)) }
        for round in 0..<rounds {
            let before = load.log.entries().count
            let added = (round + 1) * total / rounds
            try await batch.add(members(round * total / rounds..<added))
            if round == rounds - 1 { try await batch.seal() }
            _ = await load.queues.eventually(in: "away") {
                let status = try #require(try await batch.status())
                #expect(isSound(status, added: added), "\(status)")
                return load.log.entries().count >= before + 20 + 10 * round
            }
            workers.append(try await load.replace(workers.removeFirst(), ack: ack, milliseconds: Self.milliseconds))
        }
        let isOver = await load.queues.eventually(in: "away", within: .seconds(300)) {
            let status = try #require(try await batch.status())
            #expect(isSound(status, added: total), "\(status)")
            return status.finished != nil
        }
        #expect(isOver)
        let status = try #require(try await batch.status())
        let failing = (0..<total).count { $0 % 7 == 3 }
        #expect(status.total == total && status.discarded == failing && status.completed == total - failing)
        try await expectCallbacks(load, total)
    }

    /// One job for each event that came true, and no other.
    private func expectCallbacks(_ load: Load, _ members: Int) async throws {
        let told: Set = ["b.failed", "b.attempted", "b.exhausted"]
        let haveRun = await load.queues.eventually(in: "away", within: .seconds(300)) {
            told.isSubset(of: load.log.entries().filter(\.isEnd).map(\.id))
        }
        #expect(haveRun)
        try await load.expectOrder(of: members + told.count)
        #expect(Set(load.log.entries().map(\.id).filter { $0.hasPrefix("b.") }) == told)
    }

    /// All at one moment run side by side: most of it is waiting.
    private static let steps =
        FaultStep.both("the settlement", "sluice1_cycle", "completed")
        + FaultStep.both("telling the batch of its members", "sluice1_batch", "done")
        + FaultStep.both("bringing a callback to its queue", "sluice1_deliver")
        + FaultStep.both("noting that the callback has come", "sluice1_batch", "fired")
        + FaultStep.both("the acknowledgement", "sluice1_acknowledge")

    @Test(arguments: FaultStep.Moment.allCases) func aWorkerDiesAtEachStep(_ moment: FaultStep.Moment) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for step in Self.steps where step.moment == moment { group.addTask { try await die(at: step) } }
            try await group.waitForAll()
        }
    }

    private func die(at step: FaultStep) async throws {
        let load = try await Load()
        let batch = try await open(load)
        try await batch.add(members(0..<4))
        try await batch.seal()
        try await load.die(at: step)
        let isOver = await load.queues.eventually(in: "away", within: .seconds(300)) { try await batch.status()?.finished != nil }
        #expect(isOver, "\(step)")
        let status = try #require(try await batch.status())
        #expect(status.total == 4 && status.completed == 3 && status.discarded == 1, "\(step)")
        try await expectCallbacks(load, 4)
    }
}
